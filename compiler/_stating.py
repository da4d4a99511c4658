"""What the values of a program that does not run are stated as: what `_params` takes, as if the program had run."""

from __future__ import annotations

import builtins
import enum
import importlib
import sys
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia._stated import (
    StatedName,
    StatedNode,
    StatedObject,
    StatedParameter,
    StatedPipeline,
    StatedSecret,
)
from remotemedia.compiler._evaluate.lifting import value_of_key
from remotemedia.compiler._evaluate.signatures import fields_of, signature_of
from remotemedia.compiler._flat import flattened, name_of
from remotemedia.compiler._imports import is_main_guard
from remotemedia.compiler._library import is_library, resolve
from remotemedia.compiler._source import Place
from remotemedia.compiler._tree import walk
from remotemedia.compiler._values import (
    ArrayValue,
    Builtin,
    Declared,
    External,
    FilePath,
    Function,
    Instance,
    Items,
    Known,
    LibraryClass,
    LibraryObject,
    Member,
    Method,
    NodeInstance,
    PipelineInstance,
    ProjectClass,
    Table,
    Unknown,
)
from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from remotemedia._project import Project
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._values import Value

__all__ = ["Fault", "Stating"]

_CONTAINERS: Final = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
_NEVER: Final = frozenset({"antigravity", "idlelib", "lib2to3", "test", "this", "tkinter", "turtle", "turtledemo"})
"""Modules of the standard library that do something when they are imported, or are none that a node is told of."""

_MAX_DEPTH: Final = 64
_MAX_PARTS: Final = 1 << 20


class Fault(Exception):  # noqa: N818 - it says where, not that something went wrong
    """A value cannot be stated.

    Attributes:
        value: the part at fault.
        path: where it stands in the whole: names of arguments, keys and positions.
    """

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value
        self.path: list[Any] = []

    def inside(self, step: Any) -> Fault:
        """Return the same, inside of something larger."""
        self.path.insert(0, step)
        return self

    def spot(self, place: Place) -> Place:
        """Return the place of the part at fault, as far as it is written out at the place of the whole."""
        node = place.node
        for step in self.path:
            found = _part(node, step)
            if found is None:
                break
            node = found
        return Place(place.source, node)


def _part(node: cst.CSTNode, step: Any) -> cst.CSTNode | None:
    """Return an item of a container that is written out, or an argument of a call; None for any other code."""
    match node:
        case cst.List(elements=elements) | cst.Tuple(elements=elements) if isinstance(step, int):
            plain = all(isinstance(element, cst.Element) for element in elements)
            return elements[step].value if plain and step < len(elements) else None
        case cst.Dict(elements=elements):
            found = [
                element.value
                for element in elements
                if isinstance(element, cst.DictElement)
                and isinstance(element.key, cst.SimpleString)
                and element.key.evaluated_value == step
            ]
            return found[0] if len(found) == 1 else None
        case cst.Call(args=arguments):
            named = [argument.value for argument in arguments if argument.keyword and argument.keyword.value == step]
            return named[0] if len(named) == 1 else None
    return None


class Stating:
    """States the values of one program.

    Attributes:
        classes: the project's classes of the nodes that were stated, by `module:Class`.
        named: further classes and functions of the project that were stated, by their name.
    """

    def __init__(self, project: Project, findings: Findings, owner: PipelineInstance) -> None:
        self.classes: dict[str, ProjectClass] = {}
        self.named: dict[str, ProjectClass | Function] = {}
        self._project = project
        self._findings = findings
        self._owner = owner
        self._parts = 0
        self._entries: dict[ProjectClass, str] = {}

    def state(self, value: Value, depth: int = 0) -> Any:  # noqa: C901, PLR0911, PLR0912 - one a kind of value
        """Return a Python object, or what stands for one.

        Raises:
            Fault: a part of it is not known, or has no place in a manifest.
        """
        self._parts += 1
        if depth > _MAX_DEPTH or self._parts > _MAX_PARTS:  # a list may hold itself
            raise Fault(Unknown("a container that is too large"))
        match value:
            case Known():
                return value.value
            case FilePath():
                return value.path
            case ArrayValue(lost=None):
                return value.array
            case Items(lost=None, kind="list" | "tuple" | "set" | "frozenset"):
                items = [self._inside(item, at, depth) for at, item in enumerate(value.items)]
                return _CONTAINERS[value.kind](map(_hashable, items) if "set" in value.kind else items)
            case Table(lost=None, kind="dict"):
                return {self._key(key, depth): self._inside(item, key, depth) for key, item in value.entries.items()}
            case Declared(kind="parameter"):
                return StatedParameter(value.name)
            case Declared():
                return StatedSecret(value.name)
            case LibraryObject():
                fields = {name: self._inside(item, name, depth) for name, item in value.fields.items()}
                return StatedObject(value.entry, fields)
            case NodeInstance():
                return self._node(value, depth)
            case PipelineInstance():
                return self._pipeline(value, depth)
            case Instance():
                return self._instance(value, depth)
            case Member(cls=cls, name=name):
                return StatedName(f"{self._entry(cls)}.{name}", _number_or_text(value))
            case ProjectClass():
                return StatedName(self._entry(value))
            case Function():
                return StatedName(self._function(value))
            case LibraryClass(name=name, node_type=node_type):
                homes = {"Node": "remotemedia.node", "Pipeline": "remotemedia.pipeline"}
                return StatedName(f"{homes[name] if node_type is None else node_type.module}:{name}")
            case Builtin(name=name):
                return getattr(builtins, name)
            case Method(receiver=Builtin(name=owner), name=name) if _is_method(owner, name):
                return getattr(getattr(builtins, owner), name)
            case External():
                return _named(value)
        raise Fault(value)

    def node_entry(self, cls: ProjectClass) -> str:
        """Return `module:Class` of a node; one that is not found by it in its loaded module is reported (RM104)."""
        if cls not in self._entries:
            self._entries[cls] = self._judged_entry(cls)
        return self._entries[cls]

    def _judged_entry(self, cls: ProjectClass) -> str:
        message = f"the class `{cls.qualname}` cannot be found by its name"
        if resolve(cls.own.module, cls.qualname) is not cls:
            label, help_ = "the name stands for something else", "define it once, at the top of its module"
            self._findings.add("RM104", message, cls.place, label, help=help_, owner=self._owner)
        elif _is_of_main(cls):
            label, help_ = "defined only when the file is run as a program", "define it once, at the top of its module"
            self._findings.add("RM104", message, cls.place, label, help=help_, owner=self._owner)
        try:
            entry = self._project.entry(cls.place.source.path, cls.qualname)
        except PipelineError as error:
            self._findings.add(error.code, error.message, cls.place, help=error.hint, owner=self._owner)
            return ""
        self.classes.setdefault(entry, cls)
        return entry

    def _key(self, key: Any, depth: int) -> Any:
        """State the key of a dict; those that the evaluator computes with stand for themselves."""
        known = value_of_key(key)
        return key if known is None else _hashable(self._inside(known, key, depth))

    def _inside(self, value: Value, step: Any, depth: int) -> Any:
        try:
            return self.state(value, depth + 1)
        except Fault as fault:
            raise fault.inside(step) from None

    def _node(self, node: NodeInstance, depth: int) -> StatedNode:
        params = {name: self._inside(value, name, depth) for name, value in node.arguments.items()}
        entry = self.node_entry(node.cls) if isinstance(node.cls, ProjectClass) else None
        return StatedNode(node.cls.name, params, entry)

    def _pipeline(self, pipeline: PipelineInstance, depth: int) -> StatedPipeline:
        graph = flattened(pipeline, self._findings)
        nodes = [(name, self._node(node, depth + 1)) for node, name in zip(graph.nodes, graph.ids, strict=True)]
        connections = []
        for edge in graph.edges:
            ports = {"from_port": edge.from_port, "to_port": edge.to_port}
            named = {key: port for key, port in ports.items() if port is not None}
            connections.append({"from": graph.ids[edge.source], "to": graph.ids[edge.target], **named})
        return StatedPipeline(name_of(pipeline), nodes, connections)

    def _instance(self, value: Instance, depth: int) -> StatedObject:
        """State an object that its class makes again from its fields: a dataclass or NamedTuple."""
        cls = value.cls
        if value.lost is not None:
            raise Fault(value.lost)
        signature = signature_of(cls)
        bases = [base for base in cls.mro if isinstance(base, ProjectClass)]
        has_fields = cls.is_tuple or any(base.is_dataclass for base in bases)
        own = any("__init__" in base.own.names for base in bases)
        if own or not has_fields or isinstance(signature, Unknown):
            raise Fault(value)
        names = [name for name in fields_of(cls) if name in signature.parameters]
        if set(names) != set(signature.parameters) or not set(names) <= value.attributes.keys():
            raise Fault(value)
        return StatedObject(
            self._entry(cls), {name: self._inside(value.attributes[name], name, depth) for name in names}
        )

    def _entry(self, cls: ProjectClass) -> str:
        if resolve(cls.own.module, cls.qualname) is not cls:
            raise Fault(cls)
        name = self._project.entry(cls.place.source.path, cls.qualname)
        self.named.setdefault(name, cls)
        return name

    def _function(self, function: Function) -> str:
        qualname = f"{function.owner.qualname}.{function.name}" if function.owner is not None else function.name
        if resolve(function.scope.module, qualname) is not function or isinstance(function.node, cst.Lambda):
            raise Fault(function)
        name = self._project.entry(function.place.source.path, qualname)
        self.named.setdefault(name, function)
        return name


def _number_or_text(member: Member) -> float | str | None:
    found = member.value.value if isinstance(member.value, Known) else None
    return found if isinstance(member.real, (int, float, str)) and isinstance(found, (int, float, str)) else None


def _is_method(owner: str, name: str) -> bool:
    """Whether a built-in class has a method of that name that is called with an object of it: `str.upper`."""
    return isinstance(getattr(getattr(builtins, owner), name, None), MethodDescriptorType)


def _hashable(value: Any) -> Any:
    """Return an item of a set: a list in it was a tuple."""
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _is_of_main(cls: ProjectClass) -> bool:
    blocks = [statement for statement in cls.place.source.tree.body if isinstance(statement, cst.If)]
    return any(is_main_guard(block.test) and cls.node in walk(block) for block in blocks)


def _named(value: External) -> Any:
    """Return a function, class or enum member of the standard library or `remotemedia`.

    Raises:
        Fault: it is something else, or from somewhere else.
    """
    parts = value.name.split(".")
    if parts[0] not in sys.stdlib_module_names - _NEVER and not is_library(value.name):
        raise Fault(value)
    found: Any = None
    for count in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            found = getattr(found, part, None)
        break
    if isinstance(found, (type, FunctionType, BuiltinFunctionType, enum.Enum)):
        return found
    raise Fault(value)
