"""The signatures of constructors, read from the source."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._library import library_signature
from remotemedia.compiler._source import Place
from remotemedia.compiler._tree import dotted_name
from remotemedia.compiler._values import Builtin, External, Function, LibraryClass, ProjectClass, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PLAIN_BASES", "fields_of", "init_only_of", "option_of", "signature_of"]

PLAIN_BASES: Final = frozenset({
    "abc.ABC", "collections.abc.Callable", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol",
})  # fmt: skip
"""Base classes from outside that bring no constructor of their own."""

_NO_FIELDS: Final = frozenset({"ClassVar", "KW_ONLY", "dataclasses.KW_ONLY", "typing.ClassVar"})
"""Annotations in a dataclass's body that make no field."""

_INIT_ONLY: Final = frozenset({"InitVar", "dataclasses.InitVar"})
"""Annotations that make a parameter for `__post_init__`, and no field."""

_QUOTED: Final = re.compile(r"\s*(?:\w+\s*\.)?\s*\w+")  # as far as `dataclasses` reads an annotation in quotes

_EITHER: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD
_KEYWORD: Final = inspect.Parameter.KEYWORD_ONLY


class _Default:
    """Stands for a default in a signature: it is not evaluated, only shown."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __repr__(self) -> str:
        return self._code


def signature_of(  # noqa: C901, PLR0911 - one a kind of base
    cls: LibraryClass | ProjectClass,
) -> inspect.Signature | Unknown:
    """Return a constructor's signature without `self`, or why it is not known."""
    if isinstance(cls, LibraryClass):
        return library_signature(cls)
    for base in cls.mro:
        match base:
            case ProjectClass() if "__new__" in base.own.names:
                return Unknown(f"`__new__` of `{base.name}`", base.place)
            case ProjectClass() if "__init__" in base.own.names:
                return _of_init(base)
            case ProjectClass() if base.is_dataclass and not _has_no_init(base):
                return _of_fields(base)
            case ProjectClass() if _is_tuple(base):
                return inspect.Signature([_plain_field(base, name, value) for name, _, value in _annotated(base)])
            case LibraryClass():
                return library_signature(base)
            case Unknown():
                return base
            case External() if base.name not in PLAIN_BASES and base.name != "typing.NamedTuple":
                return Unknown(f"the base class `{base.name}`", cls.place)
            case ProjectClass() | External() | Builtin(name="object"):
                pass
            case _:
                return Unknown(f"a base class of `{cls.name}`", cls.place)
    return inspect.Signature()


def fields_of(cls: ProjectClass) -> list[str]:
    """Return the names of a dataclass's or `NamedTuple`'s fields, in order, with those that are not passed."""
    names: dict[str, None] = {}
    for base in reversed(cls.mro):
        if isinstance(base, ProjectClass) and (base.is_dataclass or _is_tuple(base)):
            kinds = _NO_FIELDS | _INIT_ONLY
            names |= {name: None for name, annotation, _ in _annotated(base) if annotation not in kinds}
    return list(names)


def init_only_of(cls: ProjectClass) -> list[str]:
    """Return the names of what a dataclass takes for `__post_init__` only, in order."""
    bases = [base for base in reversed(cls.mro) if isinstance(base, ProjectClass) and base.is_dataclass]
    found = (name for base in bases for name, annotation, _ in _annotated(base) if annotation in _INIT_ONLY)
    return list(dict.fromkeys(found))


def _is_tuple(cls: ProjectClass) -> bool:
    """Return whether a class is derived from `NamedTuple` at once: its annotations are the fields."""
    return any(isinstance(base, External) and base.name == "typing.NamedTuple" for base in cls.mro[1:2])


def _of_init(cls: ProjectClass) -> inspect.Signature | Unknown:
    init = cls.own.names["__init__"]
    if not isinstance(init, Function):
        return Unknown(f"`__init__` of `{cls.name}`, which is not a plain function", cls.place)
    listed = list(_parameters(cls, init.node.params))
    if listed and listed[0].kind in {_EITHER, inspect.Parameter.POSITIONAL_ONLY}:
        del listed[0]
    try:
        return inspect.Signature(listed)
    except ValueError:  # a parameter twice, or one without default behind one with: Python refuses the file
        return Unknown(f"`__init__` of `{cls.name}`, which Python does not accept", cls.place)


def _parameters(cls: ProjectClass, params: cst.Parameters) -> Iterator[inspect.Parameter]:
    def made(param: cst.Param, kind: Any) -> inspect.Parameter:
        default = inspect.Parameter.empty if param.default is None else _shown(cls, param.default)
        return inspect.Parameter(param.name.value, kind, default=default)

    yield from (made(param, inspect.Parameter.POSITIONAL_ONLY) for param in params.posonly_params)
    yield from (made(param, _EITHER) for param in params.params)
    if isinstance(params.star_arg, cst.Param):
        yield made(params.star_arg, inspect.Parameter.VAR_POSITIONAL)
    yield from (made(param, _KEYWORD) for param in params.kwonly_params)
    if params.star_kwarg is not None:
        yield made(params.star_kwarg, inspect.Parameter.VAR_KEYWORD)


def _of_fields(cls: ProjectClass) -> inspect.Signature | Unknown:
    """Return the signature that `dataclass` makes: fields of the bases first, those by keyword only last."""
    fields: dict[str, inspect.Parameter] = {}
    for base in reversed(cls.mro):
        if isinstance(base, ProjectClass) and base.is_dataclass:
            kind: Any = _KEYWORD if option_of(base, "kw_only") else _EITHER
            for name, annotation, value in _annotated(base):
                if annotation in {"KW_ONLY", "dataclasses.KW_ONLY"}:
                    kind = _KEYWORD
                elif annotation not in _NO_FIELDS:
                    parameter = _field(base, name, kind, value)
                    fields.pop(name, None) if parameter is None else fields.__setitem__(name, parameter)
    ordered = sorted(fields.values(), key=lambda parameter: parameter.kind == _KEYWORD)
    try:
        return inspect.Signature(ordered)
    except ValueError:
        return Unknown(f"the fields of `{cls.name}`, which `dataclass` does not accept", cls.place)


def _annotated(cls: ProjectClass) -> Iterator[tuple[str, str | None, cst.BaseExpression | None]]:
    """Give name, bare annotation and default of each annotated name of a class's body."""
    for line in cls.node.body.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name):
                annotation = statement.annotation.annotation
                bare = annotation.value if isinstance(annotation, cst.Subscript) else annotation
                yield statement.target.value, _annotation_name(bare), statement.value


def _plain_field(cls: ProjectClass, name: str, value: cst.BaseExpression | None) -> inspect.Parameter:
    default = inspect.Parameter.empty if value is None else _shown(cls, value)
    return inspect.Parameter(name, _EITHER, default=default)


def _field(cls: ProjectClass, name: str, kind: Any, value: cst.BaseExpression | None) -> inspect.Parameter | None:
    """Return the parameter of a field; None for one that the constructor does not take."""
    if not isinstance(value, cst.Call) or dotted_name(value.func) not in {"field", "dataclasses.field"}:
        return _plain_field(cls, name, value).replace(kind=kind)
    options = {argument.keyword.value: argument.value for argument in value.args if argument.keyword is not None}
    if _is_false(options.get("init")):
        return None
    default = _shown(cls, value) if options.keys() & {"default", "default_factory"} else inspect.Parameter.empty
    by_keyword = options.get("kw_only")
    if by_keyword is not None:
        kind = _EITHER if _is_false(by_keyword) else _KEYWORD
    return inspect.Parameter(name, kind, default=default)


def _has_no_init(cls: ProjectClass) -> bool:
    return option_of(cls, "init") is False


def option_of(cls: ProjectClass, name: str) -> bool | None:
    """Return an option of `@dataclass(…)` that is written out; None without it."""
    for decorator in cls.node.decorators:
        if isinstance(decorator.decorator, cst.Call):
            for argument in decorator.decorator.args:
                if argument.keyword is not None and argument.keyword.value == name:
                    return not _is_false(argument.value)
    return None


def _annotation_name(annotation: cst.BaseExpression) -> str | None:
    text = annotation.evaluated_value if isinstance(annotation, cst.SimpleString) else None
    quoted = _QUOTED.match(text) if isinstance(text, str) else None
    return dotted_name(annotation) if quoted is None else re.sub(r"\s", "", quoted[0])


def _is_false(node: cst.CSTNode | None) -> bool:
    return isinstance(node, cst.Name) and node.value == "False"


def _shown(cls: ProjectClass, node: cst.CSTNode) -> _Default:
    return _Default(Place(cls.place.source, node).code())
