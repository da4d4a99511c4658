"""Nodes that only the engine can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from remotemedia.node import Node


def engine_only(node: Node) -> NoReturn:
    """Refuse a direct call of `process`."""
    raise PipelineError(
        f"expected `{type(node).__name__}` to be run by the engine, got a direct call of `process`",
        code="RM703",
        hint="add the node to a `Pipeline` and call its `run`",
        node=node.name,
    )
