"""What the objects of a running program are called in its manifest."""

from __future__ import annotations

import enum
import inspect
import sys
from dataclasses import fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from remotemedia._parameters import Parameter, Secret
from remotemedia._stated import (
    StatedName,
    StatedNode,
    StatedObject,
    StatedParameter,
    StatedPipeline,
    StatedSecret,
)
from remotemedia.errors import PipelineError
from remotemedia.node import Node
from remotemedia.schemas.tables import NodeType, node_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia._graph import Edge
    from remotemedia._project import Project

__all__ = ["Stated", "builtin_type", "class_entry", "connection", "file_of", "stated"]

Stated: TypeAlias = StatedName | StatedObject | StatedNode | StatedPipeline | StatedParameter | StatedSecret

_STATED: Final = (StatedName, StatedObject, StatedNode, StatedPipeline, StatedParameter, StatedSecret)


def stated(value: Any, project: Project) -> Stated | None:  # noqa: PLR0911 - one a kind of object
    """Return what an object is stated as; None for plain data, and for what has no place in a manifest.

    Raises:
        PipelineError: RM104, the class of a node cannot be found from the project.
    """
    if isinstance(value, _STATED):
        return value
    if isinstance(value, Parameter):
        return StatedParameter(value.name)
    if isinstance(value, Secret):
        return StatedSecret(value.name)
    if isinstance(value, Node):
        return _node(value, project)
    if isinstance(value, enum.Enum):
        entry = _entry(type(value), project)
        known = entry is not None and getattr(type(value), str(value.name), None) is value
        return StatedName(f"{entry}.{value.name}") if known else None
    if isinstance(value, (type, FunctionType, BuiltinFunctionType, MethodDescriptorType)):
        entry = _entry(value, project)
        return None if entry is None else StatedName(entry)
    if type(value) is timedelta:
        parts = {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
        return StatedObject("datetime:timedelta", parts)
    if is_dataclass(value) or (isinstance(value, tuple) and hasattr(value, "_fields")):
        return _object(value, project)
    return _pipeline(value, project)


def builtin_type(cls: type) -> NodeType | None:
    """Return the table's entry of a built-in class; None for an author's class, whatever its name."""
    entry = node_type(cls.__name__)
    return entry if entry is not None and entry.module == cls.__module__ else None


def connection(edge: Edge, ids: Sequence[str]) -> dict[str, str]:
    """Return an edge as a manifest has it."""
    ports = {"from_port": edge.from_port, "to_port": edge.to_port}
    named = {key: port for key, port in ports.items() if port is not None}
    return {"from": ids[edge.source], "to": ids[edge.target], **named}


def class_entry(project: Project, cls: type) -> str:
    """Return `module:Class` of an author's class.

    Raises:
        PipelineError: RM104, it cannot be found there by name.
    """
    file = file_of(cls)
    if file is None:
        raise PipelineError(
            f"expected the class `{cls.__qualname__}` in a file, found none",
            code="RM104",
            hint="define the class in the pipeline's file or in a module beside it",
        )
    return project.entry(file, cls.__qualname__)


def _node(node: Node, project: Project) -> StatedNode:
    cls = type(node)
    entry = None if builtin_type(cls) is not None else class_entry(project, cls)
    return StatedNode(cls.__name__, node._captured, entry)  # noqa: SLF001 - captured for this


def _object(value: Any, project: Project) -> StatedObject | None:
    """Return an instance that its constructor makes again from its fields."""
    cls = type(value)
    entry = _entry(cls, project)
    if entry is None or cls.__module__.partition(".")[0] in sys.stdlib_module_names:
        return None
    names = [field.name for field in fields(value) if field.init] if is_dataclass(value) else list(value._fields)
    # An `InitVar` leaves nothing to be read, and a constructor of the author's own takes what it likes.
    if set(inspect.signature(cls).parameters) != set(names) or not all(hasattr(value, name) for name in names):
        return None
    return StatedObject(entry, {name: getattr(value, name) for name in names})


def _pipeline(value: Any, project: Project) -> StatedPipeline | None:
    pipelines = sys.modules.get("remotemedia.pipeline")  # not imported, there is no pipeline
    if pipelines is None or not isinstance(value, pipelines.Pipeline):
        return None
    ids = value.ids()
    nodes = [(name, _node(node, project)) for name, node in zip(ids, value.nodes, strict=True)]
    return StatedPipeline(value.name, nodes, [connection(edge, ids) for edge in value._graph.edges])  # noqa: SLF001 - this is its writer


def _entry(named: Any, project: Project) -> str | None:
    """Return `module:qualname` of a class or function that is found by it; None for any other.

    It belongs to the project, to the standard library or to `remotemedia`.
    """
    # A method that C defines, such as `str.upper`, is found by its class.
    owner = named.__objclass__ if isinstance(named, MethodDescriptorType) else named
    module, qualname = owner.__module__, named.__qualname__
    if module is None or _found(sys.modules.get(module), qualname) is not named:
        return None
    top = module.partition(".")[0]
    if top == "remotemedia":
        return f"{module}:{qualname}"
    file = file_of(named)
    if file is not None and file.resolve().is_relative_to(project.root):
        try:
            return project.entry(file, qualname)
        except PipelineError:
            return None
    return f"{module}:{qualname}" if top in sys.stdlib_module_names else None


def _found(module: ModuleType | None, qualname: str) -> Any:
    found: Any = module
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found


def file_of(named: Any) -> Path | None:
    """Return the file that defines a class or function: its module's, or that of its code where the module is gone."""
    module = sys.modules.get(getattr(named, "__module__", None) or "")
    members = vars(named).values() if isinstance(named, type) else (named,)
    codes = (getattr(member, "__code__", None) for member in members)
    names = [getattr(module, "__file__", None), *(code.co_filename for code in codes if code is not None)]
    return next((Path(name) for name in names if name is not None and Path(name).is_file()), None)
