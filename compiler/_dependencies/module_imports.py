"""What a module of an installed distribution imports when it is loaded; its source is parsed, never run."""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ModuleImport", "module_imports"]

_CATCHES: Final = frozenset({"BaseException", "Exception", "ImportError", "ModuleNotFoundError"})
_GUEST_VERSION: Final = (3, 14)
_VERSIONS: Final = frozenset({"sys.version_info", "sys.version_info[:2]", "version_info"})
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_GUEST_NAMES: Final = {"sys.platform": "wasi", "os.name": "posix", "sys.implementation.name": "cpython"}


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
            holds = _holds(test)
            return [*(body if holds is not False else ()), *(orelse if holds is not True else ())]
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            tried = [] if any(_catches(handler.type) for handler in handlers) else [*body, *orelse]
            return [*tried, *final]
        case ast.With(body=body) | ast.ClassDef(body=body):
            return body
        case ast.For(body=body, orelse=orelse) | ast.While(body=body, orelse=orelse):
            return [*body, *orelse]
    return []


def _holds(test: ast.expr) -> bool | None:  # noqa: PLR0911 - one a form of condition
    """Return what a condition is in the sandbox, where that can be told."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            held = _holds(operand)
            return None if held is None else not held
        case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=str(text))]):
            known = _GUEST_NAMES.get(ast.unparse(left))
            if known is not None and isinstance(op, (ast.Eq, ast.NotEq)):
                return (known == text) is isinstance(op, ast.Eq)
            return _is_main(left, text)
        case ast.Compare(left=left, ops=[op], comparators=[ast.Tuple(elts=elements)]):
            return _compared(left, op, elements)
        case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[ast.Constant(value=str(text))]):
            known = _GUEST_NAMES.get(ast.unparse(value))
            return None if known is None else known.startswith(text)
    return None


def _is_main(left: ast.expr, text: str) -> bool | None:
    return False if isinstance(left, ast.Name) and left.id == "__name__" and text == "__main__" else None


def _compared(left: ast.expr, op: ast.cmpop, elements: list[ast.expr]) -> bool | None:
    """Return whether `sys.version_info` compares like this with a tuple of numbers."""
    if ast.unparse(left) not in _VERSIONS:
        return None
    wanted = tuple(it.value for it in elements if isinstance(it, ast.Constant) and isinstance(it.value, int))
    if len(wanted) != len(elements):
        return None
    compare = _COMPARISONS.get(type(op))
    return None if compare is None else compare((*_GUEST_VERSION, 0, "final", 0), wanted)


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
