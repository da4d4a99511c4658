"""RM124: an argument is accepted and has no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULE"]

_IGNORED: Final = frozenset({"runtime_hint"})
"""Parameters of the table that are there for older programs alone."""


def _check(graph: Graph) -> Iterator[Finding]:
    for stated in graph.stated:
        node, builtin = stated.node, stated.builtin
        for name in _IGNORED & node.arguments.keys():
            parameter = builtin.parameter(name) if builtin is not None else None
            if parameter is not None:
                yield Finding(
                    f"argument `{name}` of `{node.cls.name}` has no effect",
                    node.places[name],
                    parameter.summary,
                    help="remove it",
                )


RULE: Final = Rule(
    "RM124",
    "note",
    "Earlier versions let programs choose between kernels in Rust and in Python. There is one kernel now, and the "
    "choice is accepted and passed over.",
    bad="""\
from remotemedia import AudioResampleNode, Pipeline

p = Pipeline("speech")
p.add(AudioResampleNode(8000, runtime_hint="rust"))
""",
    good="""\
from remotemedia import AudioResampleNode, Pipeline

p = Pipeline("speech")
p.add(AudioResampleNode(8000))
""",
    check=_check,
)
