"""What the names of `remotemedia` stand for in a program that is not run."""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import remotemedia
from remotemedia.compiler._values import External, LibraryClass, ProjectClass, ProjectModule
from remotemedia.schemas.tables import node_table

if TYPE_CHECKING:
    from remotemedia.compiler._values import Scope, Value

__all__ = [
    "NODE",
    "PIPELINE",
    "PIPELINE_READS",
    "is_library",
    "library_attribute",
    "library_module_exists",
    "library_names",
    "library_signature",
    "resolve",
]

NODE: Final = LibraryClass("Node")
PIPELINE: Final = LibraryClass("Pipeline")

PIPELINE_READS: Final = frozenset({
    "enable_metrics", "export", "ids", "inspect", "name", "nodes", "project", "push", "run", "run_sync",
    "serialize", "source", "to_live_manifest", "to_manifest",
})  # fmt: skip
"""What may be read or called on a pipeline without changing its graph."""

_HOMES: Final[dict[str, dict[str, Value]]] = {
    "remotemedia.node": {"Node": NODE},
    "remotemedia.pipeline": {"Pipeline": PIPELINE},
}
_EITHER: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD
_REQUIRED: Final = inspect.Parameter.empty
_REST: Final = inspect.Parameter("kw", inspect.Parameter.VAR_KEYWORD)
_OWN: Final = {
    "Node": (("name", None), ("enable_state", True), ("state_ttl", None), ("max_sessions", None)),
    "Pipeline": (("nodes", None), ("name", None), ("enable_metrics", False)),
}


def is_library(name: str) -> bool:
    """Return whether a dotted name begins in `remotemedia`."""
    return name.partition(".")[0] == "remotemedia"


def library_attribute(module: str, name: str) -> Value | None:
    """Return what `name` is in a module of `remotemedia`; None if the module has no such name."""
    names = library_names().get(module)
    if names is not None and name in names:
        return names[name]
    dotted = f"{module}.{name}"
    listed = names is not None and module not in _HOMES
    return None if listed and not name.startswith("__") and not library_module_exists(dotted) else External(dotted)


def resolve(scope: Scope, dotted: str | None) -> Value | None:
    """Return what a dotted name stands for, without any effect; None if that takes more than looking it up.

    Of a class only what its own body defines is looked up.
    """
    if dotted is None:
        return None
    first, *rest = dotted.split(".")
    value = scope.find(first)
    for name in rest:
        if isinstance(value, ProjectModule):
            value = value.scope.find(name)
        elif isinstance(value, ProjectClass):
            value = value.own.names.get(name)
        elif isinstance(value, External) and is_library(value.name):
            value = library_attribute(value.name, name)
        else:
            return None
    return value


@cache
def library_names() -> dict[str, dict[str, Value]]:
    """Return what is known of the modules of `remotemedia`; of all but the two homes, it is all that they have."""
    nodes: dict[str, Value] = {name: LibraryClass(name, entry) for name, entry in node_table().items()}
    classes = {"Node": NODE, "Pipeline": PIPELINE} | nodes
    modules: dict[str, dict[str, Value]] = {
        "remotemedia": {name: classes.get(name, External(f"remotemedia.{name}")) for name in remotemedia.__all__},
        "remotemedia.nodes": nodes,
    }
    modules |= _HOMES
    for name, entry in node_table().items():
        modules.setdefault(entry.module, {})[name] = nodes[name]
    return modules


def library_module_exists(name: str) -> bool:
    """Return whether `remotemedia` has a module of that dotted name."""
    parts = name.split(".")[1:]
    return not parts or any(
        path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
        for path in (Path(root, *parts) for root in remotemedia.__path__)
    )


def library_signature(cls: LibraryClass) -> inspect.Signature:
    """Return the constructor's signature, without `self`."""
    if cls.node_type is None:
        parameters = [inspect.Parameter(name, _EITHER, default=default) for name, default in _OWN[cls.name]]
    else:
        parameters = [
            inspect.Parameter(parameter.name, _EITHER, default=_REQUIRED if parameter.required else parameter.default)
            for parameter in cls.node_type.parameters
        ]
    return inspect.Signature(parameters if cls is PIPELINE else [*parameters, _REST])
