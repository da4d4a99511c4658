"""Imports that the sandbox cannot satisfy.

A module that the author imports outside `try` may be needed only by code that never runs here: the file that builds
the pipeline often holds training code or a command line beside the node. Such an import gives a stub that raises on
use. Until the node is made, calls and arithmetic give the stub again: `p.add(Filter(np.hanning(512)))` builds the
pipeline, whose arguments the manifest has. An import inside `try: … except ImportError` asks whether the module exists,
and one inside a function is already its use: both get a real `ModuleNotFoundError`. Which of them it is, is decided by
the line of the importing frame.
"""

import ast
from types import ModuleType
from typing import Final, Never, Self

_CATCHES: Final = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}

# Harmless uses, which only name something of the module, are `a.b`, `a[b]` and `a | b`; they give the stub again.
_RAISING: Final = """
await bool bytes complex contains delitem enter exit aenter aexit float format index int iter aiter len next anext
reversed setitem
"""
# What gives the stub again until the node is made.
_COMPUTING: Final = """
call divmod ge gt invert le lt neg pos round add sub mul matmul truediv floordiv mod pow lshift rshift and xor radd rsub
rmul rmatmul rtruediv rfloordiv rmod rpow rlshift rrshift rand rxor
"""
_is_building = True


def end_building() -> None:
    """Let every use of a stub raise from now on: the node is about to be made."""
    global _is_building  # noqa: PLW0603 - an instance of this component is one node
    _is_building = False


def unavailable(name: str) -> ModuleNotFoundError:
    """Make the error that an import or the use of a stub raises."""
    return ModuleNotFoundError(f"{name} is not available in the sandbox", name=name)


class Missing:
    """Something of a module that the sandbox does not have."""

    def __init__(self, module: str) -> None:
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Self:
        """Name something of it."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _: object) -> Self:
        """Subscribe it, as annotations do."""
        return self

    def __or__(self, _: object) -> Self:
        """Join it with another type, as annotations do."""
        return self

    __ror__ = __or__

    def __instancecheck__(self, _: object) -> bool:
        """Say that nothing is an instance of a class that does not exist here."""
        return False

    def __subclasscheck__(self, _: type) -> bool:
        """Say that nothing is derived from a class that does not exist here."""
        return False

    def __mro_entries__(self, _: tuple[object, ...]) -> tuple[type]:
        """Stand as a base class: the class can be defined, and making an instance raises."""

        def refuse(_class: type, *_args: object, **_kwargs: object) -> Never:
            raise unavailable(self.__dict__["_module"])

        return (type("Missing", (), {"__new__": refuse}),)


def _raise(self: Missing, *_args: object, **_kwargs: object) -> Never:
    raise unavailable(self.__dict__["_module"])


def _compute(self: Missing, *_args: object, **_kwargs: object) -> Missing:
    return self if _is_building else _raise(self)


for _name in _RAISING.split():
    setattr(Missing, f"__{_name}__", _raise)
for _name in _COMPUTING.split():
    setattr(Missing, f"__{_name}__", _compute)


class MissingModule(ModuleType):
    """A module that the sandbox does not have, whose names raise on use."""

    def __getattr__(self, name: str) -> Missing:
        """Name something of the module."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(self.__name__.partition(".")[0])


def guarded_lines(tree: ast.AST) -> frozenset[int]:
    """Give the lines on which a failing import is caught."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if (isinstance(node, (ast.Try, ast.TryStar)) and any(_catches(handler.type) for handler in node.handlers)) or (
            isinstance(node, ast.With) and any(_suppresses(item.context_expr) for item in node.items)
        ):
            lines.update(range(node.body[0].lineno, (node.body[-1].end_lineno or 0) + 1))
    return frozenset(lines)


def _catches(expression: ast.expr | None) -> bool:
    match expression:
        case None:
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _CATCHES
        case ast.Tuple(elts=elements):
            return any(_catches(element) for element in elements)
    return False


def _suppresses(expression: ast.expr) -> bool:
    match expression:
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=arguments):
            return any(_catches(argument) for argument in arguments)
    return False
