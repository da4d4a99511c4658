"""RM115: a built-in node has no such parameter."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._diagnostic import Suggestion
from remotemedia.compiler._rules._places import keyword
from remotemedia.compiler._rules._rule import Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["COMMON", "RULE"]

COMMON: Final = ("name", "enable_state", "state_ttl", "max_sessions")
"""What every node takes, with `COMMON_PARAMS` of the manifest's verdict."""

_OPEN: Final = frozenset({"ProgramNode", "RustNode", "WasmNode"})
"""Nodes that hand their keywords on to what they stand for."""


def _check(graph: Graph) -> Iterator[Finding]:
    for stated in graph.stated:
        node, builtin = stated.node, stated.builtin
        if builtin is None or builtin.name in _OPEN:
            continue
        known = [*(parameter.name for parameter in builtin.parameters), *COMMON]
        for name in node.arguments:
            if name in known:
                continue
            close = difflib.get_close_matches(name, [other for other in known if other not in node.arguments], 1)
            spelled = keyword(node, name)
            suggestion = Suggestion(spelled.span(), close[0]) if close and spelled is not None else None
            listed = ", ".join(f"`{other}`" for other in known)
            yield Finding(
                f"`{builtin.name}` has no parameter `{name}`",
                spelled or node.places[name],
                "it has no effect",
                help=f"did you mean `{close[0]}`?" if close else f"it has {listed}",
                suggestion=suggestion,
            )


RULE: Final = Rule(
    "RM115",
    "warning",
    "Built-in nodes accept keywords that they do not know, because older programs pass some on. Such a keyword has no "
    "effect, and most often it is misspelt.",
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
