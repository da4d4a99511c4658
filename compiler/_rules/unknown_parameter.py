"""RM115: a node has no such parameter."""

from __future__ import annotations

import difflib
import inspect
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._diagnostic import Suggestion
from remotemedia.compiler._rules._places import keyword
from remotemedia.compiler._rules._rule import Finding, Graph, Rule
from remotemedia.compiler._values import ProjectClass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remotemedia.compiler._values import NodeInstance

__all__ = ["COMMON", "RULE"]

COMMON: Final = ("name", "enable_state", "state_ttl", "max_sessions")
"""What every node takes, with `COMMON_PARAMS` of the manifest's verdict."""

_OPEN: Final = frozenset({"ProgramNode", "RustNode", "WasmNode"})
"""Nodes that hand their keywords on to what they stand for."""

_REST: Final = frozenset({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})
_MISSPELT: Final = 0.8
"""How alike two names are of which one is meant: a class of one's own may take any keyword for its `config`."""


def _check(graph: Graph) -> Iterator[Finding]:
    for stated in graph.stated:
        node, builtin = stated.node, stated.builtin
        if isinstance(node.cls, ProjectClass):
            yield from _misspelt(node, node.cls)
        if builtin is None or builtin.name in _OPEN:
            continue
        known = [*(parameter.name for parameter in builtin.parameters), *COMMON]
        for name in node.arguments:
            if name in known:
                continue
            close = difflib.get_close_matches(name, [other for other in known if other not in node.arguments], 1)
            yield _finding(node, builtin.name, name, close, known, label="it has no effect")


def _misspelt(node: NodeInstance, cls: ProjectClass) -> Iterator[Finding]:
    """Judge the keywords that `**` of a constructor takes, and that are all but those that it or a base names."""
    from remotemedia.compiler._evaluate.signatures import signature_of  # noqa: PLC0415 - takes libcst

    if node.arguments.keys() <= {*COMMON}:
        return
    signature = signature_of(cls)
    if not isinstance(signature, inspect.Signature):
        return
    own = [it.name for it in signature.parameters.values() if it.kind not in _REST]
    bases = (signature_of(base) for base in cls.mro if isinstance(base, ProjectClass))
    inherited = (name for it in bases if isinstance(it, inspect.Signature) for name in it.parameters)
    known = [*own, *COMMON]
    for name in sorted(node.arguments.keys() - {*known, *inherited}):
        free = [other for other in known if other not in node.arguments]
        if close := difflib.get_close_matches(name, free, 1, _MISSPELT):
            yield _finding(node, cls.name, name, close, known, label="only `**` takes it")


def _finding(
    node: NodeInstance, cls: str, name: str, close: Sequence[str], known: Sequence[str], *, label: str
) -> Finding:
    spelled = keyword(node, name)
    listed = ", ".join(f"`{other}`" for other in known)
    return Finding(
        f"`{cls}` has no parameter `{name}`",
        spelled or node.places[name],
        label,
        help=f"did you mean `{close[0]}`?" if close else f"it has {listed}",
        suggestion=Suggestion(spelled.span(), close[0]) if close and spelled is not None else None,
    )


RULE: Final = Rule(
    "RM115",
    "warning",
    "Built-in nodes accept keywords that they do not know, because older programs pass some on. Such a keyword has no "
    "effect, and most often it is misspelt. A class of one's own may take any keyword by `**`; one that is spelled "
    "almost like a parameter is told.",
    bad="""\
from remotemedia import AudioResampleNode, Pipeline

p = Pipeline("speech")
p.add(AudioResampleNode(target_samplerate=8000))
""",
    good="""\
from remotemedia import AudioResampleNode, Pipeline

p = Pipeline("speech")
p.add(AudioResampleNode(target_sample_rate=8000))
""",
    check=_check,
)
