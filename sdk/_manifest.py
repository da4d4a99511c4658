"""A pipeline as manifest v1 (`schemas/manifest.v1.schema.json`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remotemedia._objects import builtin_type, class_entry, connection, file_of
from remotemedia._params import lower_params, remote_fields
from remotemedia._project import Project
from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from remotemedia.node import Node
    from remotemedia.pipeline import Pipeline

__all__ = ["describe_node", "live_manifest_of", "manifest_of"]

_IN_ENGINE = {"native", "onnx"}  # the kinds of nodes that the engine makes of what the manifest says


def manifest_of(
    pipeline: Pipeline, description: str | None = None, *, data: MutableMapping[str, bytes] | None = None
) -> dict[str, Any]:
    """Return the manifest of what the author wrote; see `Pipeline.to_manifest`.

    Args:
        pipeline: the pipeline.
        description: one paragraph for people.
        data: takes the arrays among the arguments, as npy files by their path in the package.
    """
    blobs: MutableMapping[str, bytes] = {} if data is None else data
    nodes = [_node(pipeline.project, node, name, blobs) for name, node in _named(pipeline)]
    described = {} if description is None else {"description": description}
    return _graph(pipeline, nodes, described) | _declared(pipeline)


def live_manifest_of(pipeline: Pipeline, nodes: Iterable[Node] | None = None) -> dict[str, Any]:
    """Return a manifest for a run in this process; see `Pipeline.to_live_manifest`.

    Args:
        pipeline: the pipeline.
        nodes: what runs in the place of its nodes, where a run has values of its own.
    """
    found = [_live_node(pipeline.project, node, name) for name, node in _named(pipeline, nodes)]
    return _graph(pipeline, found, {})


def describe_node(node: Node) -> dict[str, Any]:
    """Return a node as it stands in a manifest, under its name; see `Node.to_manifest`."""
    file = file_of(type(node)) if builtin_type(type(node)) is None else None
    return _node(Project.of(file or Path.cwd() / "<interactive>"), node, node.name, {})


def _named(pipeline: Pipeline, nodes: Iterable[Node] | None = None) -> Iterable[tuple[str, Node]]:
    return zip(pipeline.ids(), pipeline.nodes if nodes is None else nodes, strict=True)


def _graph(pipeline: Pipeline, nodes: list[dict[str, Any]], metadata: dict[str, str]) -> dict[str, Any]:
    ids, graph = pipeline.ids(), pipeline._graph  # noqa: SLF001 - this is its writer
    return {
        "version": "v1",
        "metadata": {"name": pipeline.name} | metadata,
        "nodes": [
            node if sync is None else node | {"sync": sync} for node, sync in zip(nodes, graph.syncs, strict=True)
        ],
        "connections": [connection(edge, ids) for edge in graph.edges],
    }


def _declared(pipeline: Pipeline) -> dict[str, Any]:
    """Return the parameters and secrets of a pipeline, each field only where there are any."""
    declared = pipeline._declared  # noqa: SLF001 - this is its writer
    parameters = {}
    for name, parameter in declared.parameters.items():
        stated = lower_params(
            {"default": parameter.default}, node=name, builtin=None, project=pipeline.project, data=None
        )
        described = {} if parameter.description is None else {"description": parameter.description}
        parameters[name] = stated | described
    fields = {"parameters": parameters, "secrets": list(declared.secrets)}
    return {name: value for name, value in fields.items() if value}


def _node(project: Project, node: Node, name: str, data: MutableMapping[str, bytes]) -> dict[str, Any]:
    cls, arguments = type(node), node._captured  # noqa: SLF001 - captured for this
    builtin = builtin_type(cls)
    params = lower_params(arguments, node=name, builtin=builtin, project=project, data=data)
    entry = {} if builtin is not None else {"entry": class_entry(project, cls)}
    place = remote_fields(arguments, cls.__name__ if builtin is not None else "", project)
    return {"id": name, "node_type": cls.__name__, "params": params} | entry | place


def _live_node(project: Project, node: Node, name: str) -> dict[str, Any]:
    """Describe a node that is there already: what cannot stand in a manifest is left out, not refused."""
    builtin = builtin_type(type(node))
    in_engine = builtin is not None and builtin.kind_in_process in _IN_ENGINE
    params: dict[str, Any] = {}
    # Nothing is packed, so a file may lie anywhere: the whole machine is the project.
    anywhere = replace(project, root=Path(project.root.anchor))
    for argument, value in node._captured.items():  # noqa: SLF001 - captured for this
        try:
            params |= lower_params({argument: value}, node=name, builtin=builtin, project=anywhere, data=None)
        except PipelineError:
            if in_engine:
                raise
    described: dict[str, Any] = {"id": name, "node_type": type(node).__name__, "params": params}
    return described if in_engine else described | {"entry": f"live:{type(node).__name__}"}
