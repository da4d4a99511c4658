"""Objects of the project's own classes: how they are made, and what their attributes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Arguments, bind
from remotemedia.compiler._evaluate.enumerations import member_of
from remotemedia.compiler._evaluate.functions import follow
from remotemedia.compiler._evaluate.graph import make_pipeline
from remotemedia.compiler._evaluate.own_operators import OPERATORS
from remotemedia.compiler._evaluate.passing import holds_graph, lend, refuse_change, run_later
from remotemedia.compiler._evaluate.signatures import PLAIN_BASES, fields_of, init_only_of, signature_of
from remotemedia.compiler._library import PIPELINE
from remotemedia.compiler._tree import walk
from remotemedia.compiler._values import (
    Bound,
    Builtin,
    External,
    Function,
    Instance,
    Items,
    Known,
    LibraryClass,
    Live,
    Member,
    Method,
    PipelineInstance,
    Prepared,
    ProjectClass,
    Super,
    Table,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = [
    "FIELD",
    "attribute_of_class",
    "attribute_of_instance",
    "attribute_of_super",
    "field_default",
    "follow_constructor",
    "instantiate",
    "set_instance_attribute",
    "tuple_of",
]

FIELD: Final = "dataclasses.field"
_FOLLOWED: Final = frozenset({
    "__init__", "__post_init__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__",
    "__init_subclass__", "__class_getitem__",
}) | OPERATORS  # fmt: skip
"""Special methods that are followed when they are called."""

_SEEING_ALL: Final = frozenset({
    "__del__", "__delattr__", "__delete__", "__get__", "__getattr__", "__getattribute__", "__new__", "__set__",
    "__set_name__", "__setattr__",
})  # fmt: skip
"""Special methods by which a class takes its instances' lives into its own hands."""

_TYPED_DICTS: Final = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})
_READERS: Final = frozenset({
    "all", "any", "bool", "dict", "float", "format", "getattr", "hash", "id", "int", "isinstance", "iter", "len",
    "list", "max", "min", "repr", "set", "sorted", "str", "sum", "super", "tuple", "type", "zip",
})  # fmt: skip


def instantiate(ev: Evaluator, cls: ProjectClass, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Make an instance of a class that is no node's: its constructor is followed."""
    if cls.is_enum:
        given = arguments.given[0].value if len(arguments.given) == 1 else None
        found = member_of(cls, given) if given is not None else None
        return found or ev.opaque(node, *(argument.value for argument in arguments.given))
    if any(isinstance(base, External) and base.name in _TYPED_DICTS for base in cls.mro):
        return ev.call(Builtin("dict"), arguments, node)
    made: Instance | PipelineInstance
    if any(base is PIPELINE for base in cls.mro):
        made = PipelineInstance(Known("pipeline"), ev.place(node), ev.place(node), cls=cls)
        if _follows(ev, cls, node) is not None:
            ev.pipelines.append(made)
            refuse_change(ev, made, ev.place(node), f"the class `{cls.name}` cannot be followed")
            return made
        ev.pipelines.append(made)
    else:
        why = _follows(ev, cls, node)
        if why is not None:
            return _not_followed(ev, cls, arguments, node)
        made = Instance(cls, ev.place(node))
    return _initialised(ev, cls, made, arguments, node)


def follow_constructor(ev: Evaluator, cls: ProjectClass, arguments: Arguments, node: cst.CSTNode) -> None:
    """Follow a node's own constructor, for what it does to values outside the node."""
    init = cls.find("__init__")
    if isinstance(init, Function) and not cls.own.names.keys() & _SEEING_ALL:
        follow(ev, init, arguments, node, receiver=Instance(cls, ev.place(node)))
    elif init is not None or cls.find("__post_init__") is not None or cls.find("__new__") is not None:
        run_later(ev, cls, ev.place(node))


def attribute_of_instance(
    ev: Evaluator, value: Instance | PipelineInstance | Member, attr: str, node: cst.CSTNode
) -> Value | None:
    """Return an attribute of an instance; None if neither it nor its class has one that is known."""
    cls = value.cls
    found = cls.find(attr) if cls is not None else None
    if isinstance(found, Function) and found.role == "property":
        return follow(ev, found, Arguments(()), node, receiver=value)
    own = {} if isinstance(value, Member) else value.attributes
    if attr in own:
        return own[attr]
    if isinstance(found, Function) and found.role == "lazy":
        own[attr] = follow(ev, found, Arguments(()), node, receiver=value)
        return own[attr]
    if isinstance(found, Function):
        return _bound(found, value, cls)
    if isinstance(found, Prepared) and found.name == FIELD:
        return None
    return found


def attribute_of_class(value: ProjectClass, attr: str) -> Value | None:
    """Return an attribute of a class; None if it has none that is known."""
    found = value.find(attr)
    if isinstance(found, Function):
        return Bound(found, value) if found.role == "classmethod" else found if found.role != "property" else None
    return found


def attribute_of_super(value: Super, attr: str) -> Value:
    """Return an attribute by `super()`: that of the first base behind the class in whose body it stands."""
    receiver = value.receiver
    cls = receiver if isinstance(receiver, ProjectClass) else getattr(receiver, "cls", value.owner)
    line = cls.mro if isinstance(cls, ProjectClass) else value.owner.mro
    behind = next((at + 1 for at, base in enumerate(line) if base is value.owner), len(line))
    for base in line[behind:]:
        if isinstance(base, Unknown):
            return base
        if isinstance(base, ProjectClass) and attr in base.own.names:
            found = base.own.names[attr]
            return _bound(found, receiver, cls) if isinstance(found, Function) else found
        if isinstance(base, LibraryClass):
            break
    return Method(value, attr)


def set_instance_attribute(ev: Evaluator, owner: Instance, attr: str, value: Value | None, node: cst.CSTNode) -> None:
    """Set an attribute of an instance; without a value it is deleted."""
    found = owner.cls.find(attr)
    if owner.lost is None and value is not None and isinstance(found, Function) and found.setter is not None:
        follow(ev, found.setter, Arguments.of([value], ev.place(node)), node, receiver=owner)
    elif owner.lost is not None or isinstance(found, (Function, Unknown)):
        if value is not None and holds_graph(ev, value):
            lend(ev, value, node, to=f"the attribute `{attr}`")
        owner.attributes[attr] = ev.opaque(node, owner)
    elif value is not None:
        owner.attributes[attr] = value
    elif owner.attributes.pop(attr, None) is None:
        ev.doubt()


def tuple_of(value: Value) -> Value:
    """Return the tuple that an instance of a `NamedTuple` is; any other value as it is."""
    if isinstance(value, Instance) and value.cls.is_tuple and value.lost is None:
        return Items("tuple", list(value.attributes.values()))
    return value


def field_default(ev: Evaluator, cls: ProjectClass, name: str, node: cst.CSTNode) -> Value | None:
    """Return the default of a dataclass's field, made anew if it has a factory; None if it has none."""
    value = cls.find(name)
    if not (isinstance(value, Prepared) and value.name == FIELD):
        return value
    options = value.over[0]
    if not isinstance(options, Table):
        return None
    if "default_factory" in options.entries:
        return ev.call(options.entries["default_factory"], Arguments(()), node)
    return options.entries.get("default")


def _bound(function: Function, receiver: Value, cls: object) -> Value:
    if function.role == "staticmethod":
        return function
    if function.role == "classmethod" and isinstance(cls, ProjectClass):
        return Bound(function, cls)
    return Bound(function, receiver)


def _initialised(
    ev: Evaluator, cls: ProjectClass, made: Instance | PipelineInstance, arguments: Arguments, node: cst.CSTNode
) -> Value:
    init = cls.find("__init__")
    if isinstance(init, Function):
        follow(ev, init, arguments, node, receiver=made)
    elif isinstance(made, PipelineInstance):
        initialise_pipeline(ev, made, arguments, node)
    elif cls.is_tuple or any(isinstance(base, ProjectClass) and base.is_dataclass for base in cls.mro):
        return _filled(ev, cls, made, arguments, node)
    elif arguments.given:
        return ev.unknown(f"a call of `{cls.name}` with arguments, which it does not take", node)
    return made


def initialise_pipeline(ev: Evaluator, made: PipelineInstance, arguments: Arguments, node: cst.CSTNode) -> None:
    """Do what `Pipeline.__init__` does to an instance of a class derived from it."""
    plain = make_pipeline(ev, arguments, cst.ensure_type(node, cst.Call))
    if isinstance(plain, PipelineInstance):
        ev.pipelines.remove(plain)
        made.name, made.name_place = plain.name, plain.name_place
        made.nodes[:], made.edges[:] = plain.nodes, plain.edges


def _filled(ev: Evaluator, cls: ProjectClass, made: Instance, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Make an instance of a dataclass or `NamedTuple` of its fields."""
    signature = signature_of(cls)
    if isinstance(signature, Unknown):
        return signature
    if arguments.unknown is not None:
        return ev.opaque(node, arguments.unknown[0])
    try:
        given = bind(signature, arguments)
    except TypeError:
        return ev.unknown(f"a call of `{cls.name}` that does not fit its fields", node)
    for name in fields_of(cls):
        value = given[name].value if name in given else field_default(ev, cls, name, node)
        if value is not None:
            made.attributes[name] = value
    after = cls.find("__post_init__")
    if isinstance(after, Function):
        passed = [
            given[name].value if name in given else field_default(ev, cls, name, node) for name in init_only_of(cls)
        ]
        values = [ev.opaque(node) if value is None else value for value in passed]
        follow(ev, after, Arguments.of(values, ev.place(node)), node, receiver=made)
    return made


def _follows(ev: Evaluator, cls: ProjectClass, node: cst.CSTNode) -> Unknown | None:
    """Return why the instances of a class cannot be followed, if so."""
    for base in cls.mro:
        match base:
            case ProjectClass():
                for name, value in base.own.names.items():
                    if name in _SEEING_ALL or (_is_special(name) and not _is_inert(value)):
                        return Unknown(f"`{name}` of `{base.name}`", base.place)
            case LibraryClass():
                if base is not PIPELINE:
                    return Unknown(f"the base class `{base.name}`", cls.place)
            case Builtin(name="object"):
                pass
            case External() if base.name in PLAIN_BASES or base.name == "typing.NamedTuple":
                pass
            case _:
                return ev.opaque(node, base)
    return None


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in _FOLLOWED


def _is_inert(value: Value) -> bool:
    """Return whether a special method only looks at things, so that it does not matter when it is called."""
    if not isinstance(value, Function):
        return isinstance(value, (Known, Items, Table))
    for node in walk(value.node.body):
        match node:
            case cst.AugAssign() | cst.Await() | cst.Del() | cst.Global() | cst.Nonlocal() | cst.Yield() | cst.For():
                return False
            case cst.Call(func=cst.Name(value=name)) if name in _READERS:
                pass
            case cst.Call(func=cst.Attribute(value=cst.SimpleString(), attr=cst.Name(value="join" | "format"))):
                pass
            case cst.Call() | cst.AssignTarget(target=cst.Attribute() | cst.Subscript()) | cst.NamedExpr():
                return False
    return True


def _not_followed(ev: Evaluator, cls: ProjectClass, arguments: Arguments, node: cst.CSTNode) -> Value:
    for argument in arguments.given:
        lend(ev, argument.value, argument.place.node, to=f"the class `{cls.name}`")
    run_later(ev, cls, ev.place(node))
    ev.doubt()
    return Live(f"an instance of `{cls.name}`")
