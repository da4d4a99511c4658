"""`Node`: what is captured of a constructor call, and how a node is made again."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia import Node
from remotemedia.errors import PipelineError
from remotemedia.node import construct


class Plain(Node):
    def process(self, value: Any) -> Any:
        return value


class Gain(Plain):
    def __init__(self, factor: float = 2.0, *more: float, unit: str = "dB", **kw: Any) -> None:
        super().__init__(**kw)
        self.values = (factor, *more, unit)


class Louder(Gain):
    def __init__(self, by: float, **kw: Any) -> None:
        super().__init__(by * 2, unit="x", **kw)


class Inheriting(Louder):
    pass


class PositionOnly(Plain):
    def __init__(self, first: int, second: int = 5, /, **kw: Any) -> None:
        super().__init__(**kw)
        self.values = (first, second)


@dataclasses.dataclass
class Data(Plain):
    size: int
    labels: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Frozen(Plain):
    size: int = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted(Plain):
    size: int = 3


@pytest.mark.parametrize(
    ("node", "captured"),
    [
        (Plain(), {}),
        (Plain("a", state_ttl=3.0, colour="red"), {"name": "a", "state_ttl": 3.0, "colour": "red"}),
        (Gain(), {}),
        (Gain(1.0), {"factor": 1.0}),
        (Gain(1.0, 2.0, 3.0, name="g", x=1), {"factor": 1.0, "more": (2.0, 3.0), "name": "g", "x": 1}),
        (Louder(3.0, name="l"), {"by": 3.0, "name": "l"}),
        (Inheriting(by=3.0), {"by": 3.0}),
        (PositionOnly(1), {"first": 1}),
        (PositionOnly(1, 2, name="p"), {"first": 1, "second": 2, "name": "p"}),
        (Data(4), {"size": 4}),
        (Data(4, labels=["a"]), {"size": 4, "labels": ["a"]}),
        (Frozen(size=4), {"size": 4}),
        (Slotted(4), {"size": 4}),
    ],
)
def test_captured(node: Node, captured: dict[str, Any]) -> None:
    assert node._captured == captured
    assert list(node._captured) == list(captured)
    assert construct(type(node), captured)._captured == captured


def test_a_copy_knows_the_arguments() -> None:
    for node in (Gain(1.0, 2.0), Data(4), Frozen(5)):
        assert copy.copy(node)._captured == copy.deepcopy(node)._captured == node._captured


def test_defaults_are_the_constructors_own() -> None:
    assert construct(Gain, {}).values == (2.0, "dB")
    assert construct(Gain, {"more": [1.0]}).values == (2.0, 1.0, "dB")
    assert construct(PositionOnly, {"first": 1}).values == (1, 5)
    with pytest.raises(TypeError, match="by"):
        construct(Louder, {})
    with pytest.raises(TypeError, match="sizes"):
        construct(Data, {"size": 1, "sizes": 2})


def test_what_a_node_does_to_its_arguments_is_not_captured() -> None:
    labels = ["a"]
    node = Data(1, labels=labels)
    node.labels.append("b")
    labels.clear()
    assert node._captured == {"size": 1, "labels": ["a"]}


def test_attributes_of_every_node() -> None:
    for node in (Plain(), Data(1), Frozen(), Slotted()):
        assert (node.name, node.enable_state, node.config) == (type(node).__name__, True, {})
        assert (node.state_ttl, node.max_sessions) == (None, None)
    node = Gain(name="loud", enable_state=False, state_ttl=1.5, max_sessions=2, colour="red")
    assert (node.name, node.enable_state, node.state_ttl, node.max_sessions) == ("loud", False, 1.5, 2)
    assert node.config == {"colour": "red"}


def test_an_argument_with_the_name_of_a_positional_one_is_refused() -> None:
    class Twice(Plain):
        def __init__(self, size: int, /, **kw: Any) -> None:
            super().__init__(**kw)

    with pytest.raises(PipelineError, match="named `size`") as caught:
        _ = Twice(1, size=2)._captured
    assert caught.value.code == "RM105"


def test_a_node_must_define_process() -> None:
    with pytest.raises(TypeError, match="process"):
        Node()  # type: ignore[abstract]


@pytest.mark.parametrize("cls", [Plain, Gain, Louder, Inheriting, PositionOnly, Data, Frozen, Slotted])
def test_the_signature_is_that_of_the_constructor(cls: type[Node]) -> None:
    own = inspect.signature(cls.__init__)
    assert str(inspect.signature(cls)) == str(own.replace(return_annotation=inspect.Signature.empty)).replace(
        "(self, ", "(", 1
    ).replace("(self)", "()")


def test_wrong_arguments_fail_as_python_does() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'by'"):
        Louder()  # type: ignore[call-arg]


NAMES = ["alpha", "beta", "gamma", "delta", "epsilon"]
KINDS = [
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
]


@st.composite
def signatures(draw: st.DrawFn) -> inspect.Signature:
    """Any signature that Python allows, of at most five parameters."""
    kinds = sorted(draw(st.lists(st.sampled_from(KINDS), max_size=5)))
    single = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    kinds = [kind for at, kind in enumerate(kinds) if kind not in single or kind not in kinds[:at]]
    parameters, optional = [], False
    for name, kind in zip(NAMES, kinds, strict=False):
        if kind in single:
            parameters.append(inspect.Parameter(name, kind))
            continue
        default = draw(st.booleans()) or (optional and kind is not inspect.Parameter.KEYWORD_ONLY)
        optional = optional or default
        parameters.append(inspect.Parameter(name, kind, default=0 if default else inspect.Parameter.empty))
    return inspect.Signature(parameters)


@given(
    signatures(),
    st.lists(st.integers(), max_size=5),
    st.dictionaries(st.sampled_from([*NAMES, "zeta", "eta"]), st.integers(), max_size=4),
)
def test_capturing_is_binding(signature: inspect.Signature, args: list[int], kwargs: dict[str, int]) -> None:
    """Nodes with any signature are captured exactly as `inspect.signature(…).bind` binds, and are made again so."""
    text = str(signature)
    head = text.replace("(", "(self, ", 1) if signature.parameters else "(self)"
    space: dict[str, Any] = {}
    exec(f"def __init__{head}: self.seen = {{k: v for k, v in locals().items() if k != 'self'}}", space)  # noqa: S102
    cls: type[Any] = type("Any", (Plain,), {"__init__": space["__init__"]})
    try:
        node = cls(*args, **kwargs)
    except TypeError:
        with pytest.raises(TypeError):
            signature.bind(*args, **kwargs)
        return
    named = {p.name for p in signature.parameters.values() if p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}}
    if not kwargs.keys().isdisjoint(signature.parameters.keys() - named):
        with pytest.raises(PipelineError) as caught:
            _ = node._captured
        assert caught.value.code == "RM105"
        return
    expected = dict(signature.bind(*args, **kwargs).arguments)
    rest = next((p.name for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD), "")
    expected |= expected.pop(rest, {})
    assert node._captured == expected
    assert construct(cls, node._captured).seen == node.seen


def test_what_the_sandbox_shares_needs_the_standard_library_only() -> None:
    code = """
import sys
before = set(sys.modules)
import remotemedia.errors, remotemedia.node, remotemedia.array, remotemedia.values
names = {name.partition(".")[0] for name in set(sys.modules) - before}
assert names <= sys.stdlib_module_names | {"remotemedia"}, names
ours = {name.removeprefix("remotemedia.") for name in sys.modules if name.startswith("remotemedia.")}
public = {"errors", "node", "array", "values"}
private = {"_elements", "_json_text", "_names", "_parameters", "_value_errors"}
assert ours == public | private, ours
"""
    subprocess.run([sys.executable, "-c", code], check=True)
