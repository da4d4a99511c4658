"""Modules and data files that are named by calls: `importlib.import_module("x")`, `importlib.resources.files("x")`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._tree import children, dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._source import Source

__all__ = ["NamedModule", "NamedResource", "has_calls", "module_named", "named_modules", "named_resources"]

_IMPORTERS: Final = frozenset({"__import__", "import_module", "importlib.import_module"})
_FILES: Final = frozenset({"files", "resources.files", "importlib.resources.files", "importlib_resources.files"})
_READERS: Final = frozenset({"get_data", "open_binary", "open_text", "path", "read_binary", "read_text", "contents"})
_HOMES: Final = frozenset({"pkgutil", "resources", "importlib.resources"})
_SIGNS: Final = ("import_module", "__import__", "get_data", "resources")


@dataclass(frozen=True)
class NamedModule:
    """A call that imports a module.

    Attributes:
        name: as it is written; it may begin with dots. None if it is not a constant.
        package: what dots are relative to, where that is a constant.
    """

    call: cst.Call
    name: str | None
    package: str | None


@dataclass(frozen=True)
class NamedResource:
    """An expression that names data of a package.

    Attributes:
        anchor: the package as an expression; None for the one around.
        parts: of the path in it, as far as they are constants.
    """

    node: cst.BaseExpression
    anchor: cst.BaseExpression | None
    parts: tuple[str, ...]


def has_calls(text: str) -> bool:
    """Return whether a source may have such calls; most have none, and to look into every expression takes long."""
    return any(sign in text for sign in _SIGNS)


def named_modules(expression: cst.BaseExpression) -> Iterator[NamedModule]:
    """Give the calls below an expression that import a module."""
    waiting: list[cst.CSTNode] = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.Call) and dotted_name(node.func) in _IMPORTERS and node.args:
            packages = (_text(it.value) for it in node.args[1:] if it.keyword is None or _is(it, "package"))
            yield NamedModule(node, _text(node.args[0].value), next(packages, None))
        waiting.extend(children(node))


def named_resources(expression: cst.BaseExpression) -> Iterator[NamedResource]:
    """Give the longest expressions below one that name data of a package."""
    waiting: list[cst.CSTNode] = [expression]
    while waiting:
        node = waiting.pop()
        found = _resource(node) if isinstance(node, cst.BaseExpression) else None
        if found is not None:
            yield found
        else:
            waiting.extend(children(node))


def module_named(found: NamedModule, source: Source) -> str | None:
    """Return the absolute name of a module that a call imports; None if it is not known."""
    if found.name is None or not found.name.startswith("."):
        return found.name
    level = len(found.name) - len(found.name.lstrip("."))
    base = (found.package or source.package).split(".")
    if level > len(base):
        return None
    return ".".join([*base[: len(base) - (level - 1)], found.name[level:]])


def _resource(node: cst.BaseExpression) -> NamedResource | None:
    """Return what an expression names; paths are joined by `joinpath`, `/`, or given to a function that reads."""
    steps: list[list[str | None]] = []
    at: cst.BaseExpression = node
    while True:
        match at:
            case cst.BinaryOperation(left=left, operator=cst.Divide(), right=right):
                steps.append([_text(right)])
                at = left
            case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value="joinpath")), args=args):
                steps.append([_text(it.value) for it in args])
                at = value
            case cst.Call(func=func, args=args) if dotted_name(func) in _FILES:
                anchor = args[0].value if args else None
                return NamedResource(node, anchor, _constant(steps[::-1]))
            case cst.Call(func=func, args=[first, *others]) if _reads(func):
                return NamedResource(node, first.value, _constant([[_text(it.value) for it in others[:1]]]))
            case _:
                return None


def _reads(function: cst.BaseExpression) -> bool:
    home, _, name = (dotted_name(function) or "").rpartition(".")
    return name in _READERS and (home in _HOMES or (home == "" and name == "get_data"))


def _constant(steps: list[list[str | None]]) -> tuple[str, ...]:
    """Return the parts of a path up to the first that is not known."""
    parts: list[str] = []
    for text in (it for step in steps for it in step):
        if text is None:
            break
        parts += [part for part in text.split("/") if part not in {"", "."}]
    return tuple(parts)


def _is(argument: cst.Arg, name: str) -> bool:
    return argument.keyword is not None and argument.keyword.value == name


def _text(node: cst.BaseExpression) -> str | None:
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None
