"""The graph that a pipeline means: pipelines in pipelines are dissolved, by the rule of `remotemedia._graph`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from remotemedia._ids import assign_ids, chosen_name
from remotemedia.compiler._values import Edge, Known, NodeInstance, PipelineInstance
from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._findings import Findings

__all__ = ["FlatGraph", "flattened", "name_of"]


class FlatGraph(NamedTuple):
    """Nodes with their ids, and the edges between them by position."""

    nodes: list[NodeInstance]
    ids: list[str]
    edges: list[Edge]


def flattened(pipeline: PipelineInstance, findings: Findings) -> FlatGraph:
    """Dissolve the pipelines in a pipeline; what stands in it twice (RM105), or has another's name (RM112), is found.

    The nodes of a pipeline have ids `<its name>/<id>`. An edge that leads to it leads to each of its nodes without
    input, one that leaves it leaves each of its nodes without output.
    """
    found = _flattened(pipeline, pipeline, findings, {id(pipeline)})
    first: dict[str, NodeInstance] = {}
    for node, name in zip(found.nodes, found.ids, strict=True):
        if first.setdefault(name, node) is not node:
            message = f"expected a name for each node, got `{name}` twice"
            findings.add("RM112", message, node.place, "taken already", owner=pipeline)
    return found


def name_of(pipeline: PipelineInstance) -> str:
    """Return a pipeline's name; empty where it is not known, which is reported for the one that is compiled."""
    return pipeline.name.value if isinstance(pipeline.name, Known) and isinstance(pipeline.name.value, str) else ""


def _flattened(pipeline: PipelineInstance, owner: PipelineInstance, findings: Findings, seen: set[int]) -> FlatGraph:
    nodes: list[NodeInstance] = []
    ids: list[str] = []
    edges: list[Edge] = []
    ends: list[tuple[list[int], list[int]]] = []  # of each element the nodes that take and those that give
    for element, name in zip(pipeline.nodes, _ids(pipeline, owner, findings), strict=True):
        first = len(nodes)
        if id(element) in seen:
            _refuse_twice(element, owner, findings)
            ends.append(([], []))
            continue
        seen.add(id(element))
        if isinstance(element, NodeInstance):
            nodes.append(element)
            ids.append(name)
            ends.append(([first], [first]))
            continue
        inner = _flattened(element, owner, findings, seen)
        nodes += inner.nodes
        ids += [f"{name}/{each}" for each in inner.ids]
        edges += [replace(edge, source=edge.source + first, target=edge.target + first) for edge in inner.edges]
        taking, giving = {edge.target for edge in inner.edges}, {edge.source for edge in inner.edges}
        places = range(len(inner.nodes))
        ends.append(
            (
                [first + place for place in places if place not in taking],
                [first + place for place in places if place not in giving],
            )
        )
    edges += _between(pipeline, ends)
    return FlatGraph(nodes, ids, edges)


def _between(pipeline: PipelineInstance, ends: list[tuple[list[int], list[int]]]) -> Iterator[Edge]:
    for edge in pipeline.edges:
        for source in ends[edge.source][1]:
            for target in ends[edge.target][0]:
                yield replace(edge, source=source, target=target)


def _refuse_twice(element: NodeInstance | PipelineInstance, owner: PipelineInstance, findings: Findings) -> None:
    is_node = isinstance(element, NodeInstance)
    findings.add(
        "RM105",
        f"arguments do not fit `Pipeline.add`: a {'node' if is_node else 'pipeline'} stands in the graph twice",
        element.place,
        "made here, and added twice",
        help="draw further edges with `connect`" if is_node else "make another one",
        owner=owner,
    )


def _ids(pipeline: PipelineInstance, owner: PipelineInstance, findings: Findings) -> list[str]:
    names = [_names(element) for element in pipeline.nodes]
    while True:
        try:
            return assign_ids(names)
        except PipelineError as error:
            taken = [at for at, (chosen, _) in enumerate(names) if chosen == error.details["name"]]
            first, second = (pipeline.nodes[at] for at in taken[:2])
            place = second.places.get("name", second.place) if isinstance(second, NodeInstance) else second.place
            findings.add(
                error.code,
                error.message,
                place,
                "taken already",
                help=error.hint,
                related=[(first.place, "the first is made here")],
                owner=owner,
            )
            names[taken[1]] = (None, names[taken[1]][1])


def _names(element: NodeInstance | PipelineInstance) -> tuple[str | None, str]:
    """Return the name that an author chose, if any, and what it is called otherwise."""
    if isinstance(element, PipelineInstance):
        return None, name_of(element)
    name = element.arguments.get("name")
    return chosen_name({"name": name.value}) if isinstance(name, Known) else None, element.cls.name
