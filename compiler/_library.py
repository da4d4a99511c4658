"""What the names of `remotemedia` stand for in a program that is not run."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._exports import exports_of, module_path
from remotemedia.compiler._values import External, LibraryClass, ProjectClass, ProjectModule
from remotemedia.schemas.tables import node_table, node_type

if TYPE_CHECKING:
    from remotemedia.compiler._values import Scope, Value

__all__ = [
    "NODE",
    "PIPELINE",
    "PIPELINE_READS",
    "is_library",
    "library_attribute",
    "library_class",
    "library_module_exists",
    "library_names",
    "library_signature",
    "resolve",
]

NODE: Final = LibraryClass("Node")
PIPELINE: Final = LibraryClass("Pipeline")

PIPELINE_READS: Final = frozenset({
    "cleanup", "enable_metrics", "export", "export_definition", "get_metrics", "get_node", "ids", "initialize",
    "inspect", "is_initialized", "managed_execution", "name", "nodes", "process", "project", "push", "run", "run_sync",
    "serialize", "source", "to_live_manifest", "to_manifest",
})  # fmt: skip
"""What may be read or called on a pipeline without changing its graph."""

_HOMES: Final[dict[tuple[str, str], LibraryClass]] = {
    ("remotemedia.node", "Node"): NODE,
    ("remotemedia.pipeline", "Pipeline"): PIPELINE,
}
_EITHER: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD
_REQUIRED: Final = inspect.Parameter.empty
_REST: Final = inspect.Parameter("kw", inspect.Parameter.VAR_KEYWORD)
_OWN: Final = {
    "Node": (("name", None), ("enable_state", True), ("state_ttl", None), ("max_sessions", None)),
    "Pipeline": (("nodes", None), ("name", None), ("enable_metrics", False)),
}
_MAX_HOPS: Final = 16


def is_library(name: str) -> bool:
    """Return whether a dotted name begins in `remotemedia`."""
    return name.partition(".")[0] == "remotemedia"


@cache
def library_attribute(module: str, name: str) -> Value | None:
    """Return what `name` is in a module of `remotemedia`; None if the module has no such name.

    However it is imported, one definition is one value: a class, or `External` by the name of its home.
    """
    for _ in range(_MAX_HOPS):
        found = library_class(module, name)
        if found is not None:
            return found
        exports = exports_of(module)
        dotted = f"{module}.{name}"
        if exports is None or name in {*exports.classes, *exports.functions} or name.startswith("__"):
            return External(dotted)
        if name not in exports.imported:
            known = name in exports.others or library_module_exists(dotted)
            return External(dotted) if known else None
        module, name = exports.imported[name]
        if not name or not is_library(module):
            return External(".".join(part for part in (module, name) if part))
        if exports_of(module) is not None and library_module_exists(f"{module}.{name}"):
            return External(f"{module}.{name}")
    return None


def library_class(module: str, name: str) -> LibraryClass | None:
    """Return a class that nodes, pipelines or an author's classes are made of, by its home."""
    entry = node_type(name)
    if entry is not None and entry.module == module:
        return _nodes()[name]
    return _HOMES.get((module, name))


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


def library_names(module: str) -> dict[str, Value]:
    """Return the public names of a module of `remotemedia`."""
    exports = exports_of(module)
    found = {name: library_attribute(module, name) for name in (exports.names() if exports is not None else ())}
    return {name: value for name, value in found.items() if value is not None}


def library_module_exists(name: str) -> bool:
    """Return whether `remotemedia` has a module of that dotted name."""
    return module_path(name) is not None


def library_signature(cls: LibraryClass) -> inspect.Signature:
    """Return the constructor's signature, without `self`."""
    if cls.node_type is None:
        parameters = [inspect.Parameter(name, _EITHER, default=default) for name, default in _OWN[cls.name]]
    else:
        parameters = [
            inspect.Parameter(parameter.name, _EITHER, default=_REQUIRED if parameter.required else parameter.default)
            for parameter in cls.node_type.parameters
        ]
        if not _has_constructor(cls.node_type.module, cls.name):
            parameters += library_signature(NODE).parameters.values()
            return inspect.Signature(parameters)
    return inspect.Signature(parameters if cls is PIPELINE else [*parameters, _REST])


def _has_constructor(module: str, name: str) -> bool:
    """Return whether a class of nodes, or one that it is derived from, has a constructor of its own."""
    for _ in range(_MAX_HOPS):
        exports = exports_of(module)
        if exports is None or name in exports.constructors:
            return True
        if name in exports.classes:
            bases = exports.classes[name]
            if not bases:
                return True
            name = bases[0]
        elif name in exports.imported:
            module, name = exports.imported[name]
        if library_class(module, name) is NODE:
            return False
    return True


@cache
def _nodes() -> dict[str, LibraryClass]:
    return {name: LibraryClass(name, entry) for name, entry in node_table().items()}
