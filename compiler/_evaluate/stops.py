"""How a statement ends more than itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remotemedia.compiler._values import Value

__all__ = ["BreakError", "ContinueError", "ReturnError", "RunEndsError", "TooLongError"]


class ReturnError(Exception):
    """`return` ends a call; `value` is what it gives."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class BreakError(Exception):
    """`break` ends a loop."""


class ContinueError(Exception):
    """`continue` ends one turn of a loop."""


class RunEndsError(Exception):
    """`raise`, a false assertion or `sys.exit` ends the program, unless something around it catches that.

    Attributes:
        is_exit: whether it is `sys.exit`, which ends it in good order and is caught by few.
    """

    def __init__(self, *, is_exit: bool = False) -> None:
        super().__init__()
        self.is_exit = is_exit


class TooLongError(Exception):
    """The analysis has taken so many steps that what it was following is passed over instead."""
