"""`collections.namedtuple`: a class as `class P(NamedTuple)` makes it, of names that are known."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._evaluate.arguments import given
from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._scope import Scope
from remotemedia.compiler._values import External, Items, Known, ProjectClass, Value, plain

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.arguments import Arguments
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["make_class"]

_MAX_FIELDS: Final = 255


def make_class(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Call `namedtuple("P", "x y", defaults=[…])`; None where a name is none, so that the call fails.

    Raises:
        NotPlainError: names or defaults are not known.
    """
    found = given(arguments, 2, 2, "defaults")
    if found is None:
        return None
    (called, listed), named = found
    name, fields = plain(called), plain(listed)
    names = fields.replace(",", " ").split() if isinstance(fields, str) else fields
    if not isinstance(name, str) or not isinstance(names, (list, tuple)) or not all(map(_is_name, (name, *names))):
        return None
    if len(set(names)) != len(names) or len(names) > _MAX_FIELDS or any(each.startswith("_") for each in names):
        return None
    defaults = _defaults(ev, named, node)
    if len(defaults) > len(names):
        return None
    own = Scope(ev.scope.module, kind="class")
    own.names["_fields"] = Items("tuple", [Known(each) for each in names])
    own.names |= dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    made = ProjectClass(name, ev.place(node), _written(name, list(names), own), own, [])
    made.mro = [made, External("typing.NamedTuple")]
    return made


def _defaults(ev: Evaluator, named: dict[str, Value], node: cst.CSTNode) -> list[Value]:
    value = named.get("defaults", Known(None))
    return [] if isinstance(value, Known) and value.value is None else collected(ev, value, node)


def _is_name(text: object) -> bool:
    return isinstance(text, str) and text.isidentifier() and not keyword.iskeyword(text)


def _written(name: str, names: list[str], own: Scope) -> cst.ClassDef:
    """Return the class as its author could have written it."""
    lines = [f"    {each}: object{' = ...' if each in own.names else ''}" for each in names] or ["    pass"]
    return cst.ensure_type(cst.parse_statement("\n".join([f"class {name}(NamedTuple):", *lines, ""])), cst.ClassDef)
