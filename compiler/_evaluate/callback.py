"""Calls that a built-in function makes of a function it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia.compiler._evaluate.arguments import Argument, Arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator
    from remotemedia.compiler._values import Value

__all__ = ["call_back"]


def call_back(ev: Evaluator, function: Value, values: Sequence[Value], node: cst.CSTNode) -> Value:
    """Return what a function gives for arguments by position; `node` is what is to blame."""
    place = ev.place(node)
    return ev.call(function, Arguments(tuple(Argument(None, value, place) for value in values)), node)
