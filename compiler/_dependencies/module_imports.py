"""What a module of an installed distribution imports when it is loaded; its source is parsed, never run."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._dependencies.conditions import SANDBOX, holds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ModuleImport", "module_imports"]

_CATCHES: Final = frozenset({"BaseException", "Exception", "ImportError", "ModuleNotFoundError"})


@dataclass(frozen=True)
class ModuleImport:
    """One module that is imported, dotted and absolute, and the names taken from it (`*` among them)."""

    name: str
    members: tuple[str, ...]


def module_imports(source: bytes, module: str, *, is_package: bool) -> Iterator[ModuleImport]:
    """Give the imports that run when a module is loaded in the sandbox, as far as they have no fallback.

    Left out are those in functions, those for type checkers, those in a `try` that copes without them, and branches
    for other systems or versions of Python.

    Args:
        source: its text.
        module: its dotted name.
        is_package: whether it is a package's `__init__.py`.

    Raises:
        SyntaxError: it is not Python.
        RecursionError: it nests too deeply.
        ValueError: it holds a NUL byte.
    """
    package = module if is_package else module.rpartition(".")[0]
    waiting: list[ast.stmt] = list(reversed(ast.parse(source).body))
    while waiting:
        statement = waiting.pop()
        match statement:
            case ast.Import(names=names):
                yield from (ModuleImport(alias.name, ()) for alias in names)
            case ast.ImportFrom(module=name, names=names, level=level):
                base = _absolute(package, name or "", level)
                if base is not None:
                    yield ModuleImport(base, tuple(alias.name for alias in names))
            case _:
                waiting.extend(reversed(_inside(statement)))


def _inside(statement: ast.stmt) -> list[ast.stmt]:
    match statement:
        case ast.If(test=test, body=body, orelse=orelse):
            held = holds(test, SANDBOX)
            return [*(body if held is not False else ()), *(orelse if held is not True else ())]
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            tried = [] if any(_catches(handler.type) for handler in handlers) else [*body, *orelse]
            return [*tried, *final]
        case ast.With(items=items) if any(_suppresses(item.context_expr) for item in items):
            return []
        case ast.With(body=body) | ast.ClassDef(body=body):
            return body
        case ast.For(body=body, orelse=orelse) | ast.While(body=body, orelse=orelse):
            return [*body, *orelse]
    return []


def _suppresses(expression: ast.expr) -> bool:
    match expression:
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=args):
            return any(_catches(caught) for caught in args)
    return False


def _catches(expression: ast.expr | None) -> bool:
    match expression:
        case None:
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _CATCHES
        case ast.Tuple(elts=elements):
            return any(_catches(element) for element in elements)
    return False


def _absolute(package: str, name: str, level: int) -> str | None:
    if level == 0:
        return name
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    parts = parts[: len(parts) - (level - 1)]
    return ".".join([*parts, name] if name else parts)
