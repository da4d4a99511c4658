"""RM109: a file with weights, which a model names, is missing or lies outside the project."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from remotemedia.compiler._onnx import external_data
from remotemedia.compiler._watch import saw
from remotemedia.schemas.tables import node_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remotemedia._project import Project
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._values import NodeInstance

__all__ = ["find_weights", "model_arguments"]


def find_weights(
    nodes: Sequence[NodeInstance], manifest: dict[str, Any], project: Project, findings: Findings
) -> tuple[str, ...]:
    """Return the paths of the files that the models of a pipeline keep their weights in, from the root, sorted.

    Args:
        nodes: as the program makes them, in the manifest's order.
        manifest: of the pipeline.
        project: where its files are.
        findings: takes what is missing.
    """
    found: set[str] = set()
    for node, described in zip(nodes, manifest["nodes"], strict=True):
        for name, path in _models(described):
            for location in external_data(project.root / path):
                place = PurePosixPath(path).parent / location
                inside = not PurePosixPath(location).is_absolute() and ".." not in place.parts and "\\" not in location
                target = project.root / place
                saw(target)
                if inside and target.is_file() and target.resolve().is_relative_to(project.root):
                    found.add(place.as_posix())
                else:
                    message = f"expected the weights `{location}` of the model `{path}` beside it, found none"
                    findings.add("RM109", message, node.places.get(name, node.place), "a model in several files")
    return tuple(sorted(found))


def model_arguments(described: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give the arguments of a manifest's node that name models, as the table of built-in nodes has it."""
    builtin = node_type(described["node_type"]) if "entry" not in described else None
    for name, value in described["params"].items():
        parameter = builtin.parameter(name) if builtin is not None else None
        if parameter is not None and parameter.type == "model":
            yield name, value


def _models(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in model_arguments(described):
        if isinstance(value, dict) and value.keys() == {"$file"}:
            yield name, value["$file"]
