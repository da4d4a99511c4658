"""Parameters and secrets: declared by a pipeline, passed to nodes, given to a run."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from remotemedia._parameters import Declarations, Parameter, Secret, replaced, resolved
from remotemedia.errors import ManifestError, PipelineError
from remotemedia.node import Node
from remotemedia.nodes.audio import AudioResampleNode
from remotemedia.pipeline import Pipeline

SECRET = "s3cr3t-value"  # noqa: S105 - what must not show


@dataclass(frozen=True)
class Window:
    size: Any
    kind: str = "hann"


class Point(NamedTuple):
    x: Any
    y: float = 0.0


class Own(Node):
    def __init__(self, value: Any, *more: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value, self.more, self.kwargs = value, more, kwargs

    def process(self, value: Any) -> Any:
        return [value, self.value]


class Outer(Own):
    def process(self, value: Any) -> Any:
        return self.value.process(value)


def test_the_constructor_gets_the_value_and_the_manifest_the_name() -> None:
    p = Pipeline("declared")
    rate = p.param("rate", 16000, "samples per second")
    node = Own(rate, [rate, (rate,)], {"a": Window(rate)}, point=Point(rate))
    assert (node.value, node.more) == (16000, ([16000, (16000,)], {"a": Window(16000)}))
    assert node.kwargs == {"point": Point(16000)}
    manifest = p.add(node).to_manifest()
    assert manifest["nodes"][0]["params"]["value"] == {"$param": "rate"}
    assert manifest["nodes"][0]["params"]["more"][0] == [{"$param": "rate"}, [{"$param": "rate"}]]
    assert manifest["parameters"] == {"rate": {"default": 16000, "description": "samples per second"}}
    assert "secrets" not in manifest


def test_what_holds_no_parameter_is_the_same_object() -> None:
    value = [1, (2, {"a": Window(3)}), Point(4)]
    assert resolved(value) is value
    assert replaced(value, lambda part: part) is value


COMPUTATIONS: list[Callable[[Any], Any]] = [
    lambda it: it * 2,
    lambda it: 2 * it,
    lambda it: it + it,
    lambda it: -it,
    lambda it: f"{it}",
    lambda it: "%s" % it,  # noqa: UP031 - that is the point
    str,
    int,
    float,
    lambda it: it == 1,
    lambda it: it != 1,
    lambda it: it < 1,
    bool,
    lambda it: it[0],
    list,
    len,
    lambda it: 1 in it,
    lambda it: it(),
    range,
    "x".join,
]


@pytest.mark.parametrize("compute", COMPUTATIONS, ids=range(len(COMPUTATIONS)))
def test_parameters_cannot_be_computed_with(compute: Callable[[Any], Any]) -> None:
    for declared in (Parameter("rate", 16000), Secret("KEY")):
        with pytest.raises(TypeError):
            compute(declared)
    with pytest.raises(TypeError, match=r"`rate` to be passed to a node whole.*in the node's constructor"):
        Parameter("rate", 1) * 2  # type: ignore[operator]  # that is the point


def test_a_name_is_declared_in_one_way() -> None:
    p = Pipeline()
    assert p.param("rate", 1) is p.param("rate", 1)
    assert p.secret("KEY") is p.secret("KEY")
    for default, description in ((1.0, None), (True, None), (1, "Hz")):
        with pytest.raises(PipelineError, match="`rate` to be declared in one way") as caught:
            p.param("rate", default, description)
        assert caught.value.code == "RM703"
    for name in ("", "a b", "1a", "a.b", 7):
        for declare in (p.secret, lambda it: p.param(it, 1)):
            with pytest.raises(PipelineError) as caught:
                declare(name)  # type: ignore[arg-type]  # that is the point
            assert caught.value.code == "RM703"
    for live in (object(), {1: 2}, {1}, [b"x"]):
        with pytest.raises(PipelineError) as caught:
            p.param("other", live)
        assert caught.value.code == "RM108"


def test_a_run_may_change_parameters() -> None:
    p = Pipeline("settings")
    rate = p.param("rate", 1)
    node = Own(rate)
    p.add(node).add(Own("kept", name="other"))
    assert p.run(0) == [[0, 1], "kept"]
    assert p.run(0, settings={"rate": 5}) == [[0, 5], "kept"]
    assert p.run(0, settings={"other.value": 7, "Own.value": [2]}) == [[0, [2]], 7]
    assert p.run(0) == [[0, 1], "kept"]
    assert p.nodes[0] is node
    assert node.value == 1


def test_nodes_among_the_arguments_are_made_anew_too() -> None:
    p = Pipeline("nested")
    p.add(Outer(Own(p.param("rate", 1))))
    assert p.run(0) == [0, 1]
    assert p.run(0, settings={"rate": 2}) == [0, 2]


def test_native_nodes_take_parameters() -> None:
    p = Pipeline("native")
    p.add(AudioResampleNode(target_sample_rate=p.param("rate", 8000)))
    sound = (np.zeros(16000, "float32"), 16000)
    assert p.run(sound)[1] == 8000
    assert p.run(sound, settings={"rate": 4000})[1] == 4000


@pytest.mark.parametrize(
    ("default", "good", "bad"),
    [
        (1, [2, -1], [1.5, "1", True, None]),
        (1.0, [2, 2.5], ["1", True]),
        (True, [False], [0, "yes"]),
        ("a", ["b"], [1, None]),
        ([1], [[], (2,)], [1, "ab"]),
        ({"a": 1}, [{}], [[]]),
        (None, [1, "a", None], []),
    ],
)
def test_settings_have_the_type_of_the_default(default: Any, good: list[Any], bad: list[Any]) -> None:
    p = Pipeline("types")
    p.add(Own(p.param("it", default)))
    for value in good:
        assert p.run(0, settings={"it": value}) == [0, value]
    for value in bad:
        with pytest.raises(ManifestError, match="for parameter `it`") as caught:
            p.run(0, settings={"it": value})
        assert caught.value.code == "RM211"


@pytest.mark.parametrize("name", ["rat", "Own.valu.x", "Nobody.value", "resample.target"])
def test_settings_of_what_does_not_exist_are_refused(name: str) -> None:
    p = Pipeline("unknown")
    p.add(AudioResampleNode(name="resample", target_sample_rate=p.param("rate", 8000)))
    with pytest.raises(ManifestError, match=f"got `{name}`") as caught:
        p.run(0, settings={name: 1})
    assert caught.value.code == "RM214"
    if name == "rat":
        assert caught.value.hint == "did you mean `rate`?"


def test_a_run_must_be_given_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("API_KEY", raising=False)
    p = Pipeline("secrets")
    node = Own([p.secret("API_KEY")])
    p.add(node)
    assert node.value == [""]
    with pytest.raises(ManifestError, match="a value of the secret `API_KEY`, got none") as caught:
        p.run(0)
    assert caught.value.code == "RM214"
    assert p.run(0, secrets={"API_KEY": "a"}) == [0, ["a"]]
    monkeypatch.setenv("API_KEY", "b")
    assert p.run(0) == [0, ["b"]]
    assert p.run(0, secrets={"API_KEY": "a"}) == [0, ["a"]]
    with pytest.raises(ManifestError, match=r"a declared secret .`API_KEY`., got `KEY`"):
        p.run(0, secrets={"KEY": "a"})


def test_a_secret_is_the_environment_s_while_building(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", SECRET)
    p = Pipeline("built")
    node = Own(p.secret("API_KEY"), {"deep": p.secret("API_KEY")})
    p.add(node)
    assert node.value == SECRET
    secret = p.secret("API_KEY")
    shown = [repr(secret), repr(node), repr(p), p.inspect(), p.serialize(), json.dumps(node.to_manifest())]
    assert SECRET not in " ".join(shown)
    assert SECRET not in repr(vars(Declarations()) | {"x": secret})
    assert SECRET.encode() not in pickle.dumps(secret)
    assert p.to_manifest()["secrets"] == ["API_KEY"]
