"""A pipeline as manifest v1 (`schemas/manifest.v1.schema.json`)."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remotemedia._params import lower_params
from remotemedia.errors import PipelineError
from remotemedia.schemas.tables import NodeType, node_type

if TYPE_CHECKING:
    from remotemedia._graph import Edge
    from remotemedia._project import Project
    from remotemedia.node import Node
    from remotemedia.pipeline import Pipeline

__all__ = ["builtin_type", "live_manifest_of", "manifest_of"]


def manifest_of(pipeline: Pipeline, description: str | None = None) -> dict[str, Any]:
    """Return the manifest of what the author wrote; see `Pipeline.to_manifest`."""
    return _manifest(pipeline, _node) | {
        "metadata": {"name": pipeline.name} | ({} if description is None else {"description": description})
    }


def live_manifest_of(pipeline: Pipeline) -> dict[str, Any]:
    """Return a manifest for a run in this process; see `Pipeline.to_live_manifest`."""
    return _manifest(pipeline, _live_node)


def builtin_type(cls: type) -> NodeType | None:
    """Return the table's entry of a built-in class; None for an author's class, whatever its name."""
    entry = node_type(cls.__name__)
    return entry if entry is not None and entry.module == cls.__module__ else None


def _manifest(pipeline: Pipeline, describe: Any) -> dict[str, Any]:
    ids = pipeline.ids()
    return {
        "version": "v1",
        "metadata": {"name": pipeline.name},
        "nodes": [describe(pipeline.project, node, name) for node, name in zip(pipeline.nodes, ids, strict=True)],
        "connections": [_connection(edge, ids) for edge in pipeline._graph.edges],  # noqa: SLF001 - this is its writer
    }


def _node(project: Project, node: Node, name: str) -> dict[str, Any]:
    builtin = builtin_type(type(node))
    params = lower_params(node._captured, node=name, builtin=builtin, project=project)  # noqa: SLF001 - captured for this
    described = {"id": name, "node_type": type(node).__name__, "params": params}
    return described if builtin is not None else described | {"entry": _entry(project, type(node))}


def _live_node(project: Project, node: Node, name: str) -> dict[str, Any]:
    """Describe a node that is there already: what cannot stand in a manifest is left out, not refused."""
    builtin = builtin_type(type(node))
    described: dict[str, Any] = {"id": name, "node_type": type(node).__name__, "params": {}}
    # Nothing is packed, so a file may lie anywhere: the whole machine is the project.
    anywhere = replace(project, root=Path(project.root.anchor))
    for argument, value in node._captured.items():  # noqa: SLF001 - captured for this
        try:
            described["params"] |= lower_params({argument: value}, node=name, builtin=builtin, project=anywhere)
        except PipelineError:
            if builtin is not None:
                raise
    return described if builtin is not None else described | {"entry": f"live:{type(node).__name__}"}


def _entry(project: Project, cls: type) -> str:
    file = _file_of(cls)
    if file is None:
        raise PipelineError(
            f"expected the class `{cls.__qualname__}` in a file, found none",
            code="RM104",
            hint="define the class in the pipeline's file or in a module beside it",
        )
    return project.entry(file, cls.__qualname__)


def _file_of(cls: type) -> Path | None:
    """Return the file that defines a class: that of its module, or of its own code where the module is gone."""
    module = sys.modules.get(cls.__module__)
    codes = (getattr(member, "__code__", None) for member in vars(cls).values())
    names = [getattr(module, "__file__", None), *(code.co_filename for code in codes if code is not None)]
    return next((Path(name) for name in names if name is not None and Path(name).is_file()), None)


def _connection(edge: Edge, ids: list[str]) -> dict[str, Any]:
    ports = {"from_port": edge.from_port, "to_port": edge.to_port}
    named = {key: port for key, port in ports.items() if port is not None}
    return {"from": ids[edge.source], "to": ids[edge.target], **named}
