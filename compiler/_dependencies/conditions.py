"""Conditions that ask for the system, the version of Python or an installed module, as code does before an import."""

from __future__ import annotations

import ast
import operator
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["HERE", "SANDBOX", "Python", "asks", "holds"]

_VERSIONS: Final = frozenset({"sys.version_info", "sys.version_info[:2]", "version_info"})
_ASKED: Final = ("version_info", "hexversion", "sys.platform", "os.name", "platform.", "implementation", "find_spec")
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


@dataclass(frozen=True)
class Python:
    """A Python as conditions see it.

    Attributes:
        version: as `sys.version_info` has it.
        names: the values of `sys.platform`, `os.name` and `sys.implementation.name`.
    """

    version: tuple[object, ...]
    names: Mapping[str, str]


SANDBOX: Final = Python(
    (3, 14, 0, "final", 0), {"sys.platform": "wasi", "os.name": "posix", "sys.implementation.name": "cpython"}
)
HERE: Final = Python(
    tuple(sys.version_info),
    {"sys.platform": sys.platform, "os.name": os.name, "sys.implementation.name": sys.implementation.name},
)


def asks(test: str) -> bool:
    """Return whether the text of a condition asks for one of these."""
    return any(name in test for name in _ASKED)


def holds(test: ast.expr, python: Python) -> bool | None:  # noqa: PLR0911 - one a form of condition
    """Return what a condition is for some Python, where that can be told; a module that is looked for is not there."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            held = holds(operand, python)
            return None if held is None else not held
        case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=str(text))]):
            known = python.names.get(ast.unparse(left))
            if known is not None and isinstance(op, (ast.Eq, ast.NotEq)):
                return (known == text) is isinstance(op, ast.Eq)
            return _is_main(left, text)
        case ast.Compare(left=left, ops=[op], comparators=[ast.Tuple(elts=elements)]):
            return _compared(left, op, elements, python)
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):
            return isinstance(op, ast.Is) if holds(left, python) is False else None
        case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[ast.Constant(value=str(text))]):
            known = python.names.get(ast.unparse(value))
            return None if known is None else known.startswith(text)
        case ast.Call(func=ast.Name(id="find_spec") | ast.Attribute(attr="find_spec")):
            return False
    return None


def _is_main(left: ast.expr, text: str) -> bool | None:
    return False if isinstance(left, ast.Name) and left.id == "__name__" and text == "__main__" else None


def _compared(left: ast.expr, op: ast.cmpop, elements: list[ast.expr], python: Python) -> bool | None:
    """Return whether `sys.version_info` compares like this with a tuple of numbers."""
    if ast.unparse(left) not in _VERSIONS:
        return None
    wanted = tuple(it.value for it in elements if isinstance(it, ast.Constant) and isinstance(it.value, int))
    if len(wanted) != len(elements):
        return None
    compare = _COMPARISONS.get(type(op))
    version = python.version[:2] if ast.unparse(left).endswith("[:2]") else python.version
    return None if compare is None else compare(version, wanted)
