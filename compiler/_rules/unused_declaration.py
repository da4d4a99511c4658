"""RM128: a parameter or secret is declared and not used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._rules._rule import ANY_ERROR, Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._source import Place

__all__ = ["RULE"]


def _check(graph: Graph) -> Iterator[Finding]:
    declared = [("$param", "parameter", name) for name in graph.manifest.get("parameters", ())]
    declared += [("$secret", "secret", name) for name in graph.manifest.get("secrets", ())]
    used = set(_references(graph.manifest["nodes"])) if declared else set()
    for key, kind, name in declared:
        if (key, name) not in used:
            yield Finding(
                f"the {kind} `{name}` is declared and not used",
                _place(graph, kind, name),
                "no node gets it",
                help="pass it to a node, or remove the declaration",
            )


def _place(graph: Graph, kind: str, name: str) -> Place:
    """Return where a parameter or secret is declared, in the pipeline or in one that it holds."""
    for pipeline in (graph.pipeline, *graph.pipelines):
        if kind == "secret" and name in pipeline.secrets:
            return pipeline.secrets[name]
        if kind == "parameter" and name in pipeline.parameters:
            return pipeline.parameters[name].place
    return graph.pipeline.place


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Give the parameters and secrets that a part of a manifest refers to."""
    if isinstance(value, dict):
        if len(value) == 1 and (key := next(iter(value))) in {"$param", "$secret"}:
            yield key, value[key]
            return
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


RULE: Final = Rule(
    "RM128",
    "warning",
    "A parameter or secret that no node gets does nothing, although whoever runs the package may set it.",
    bad="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
channels = p.param("channels", 1)
p.add(AudioMixNode())
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
channels = p.param("channels", 1)
p.add(AudioMixNode(channels))
""",
    check=_check,
    misled_by=ANY_ERROR,
)
