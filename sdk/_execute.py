"""Functions that run a pipeline or a list of nodes, for programs that do not keep a `Pipeline`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia.node import Node

__all__ = ["execute_pipeline", "execute_pipeline_with_input"]


def execute_pipeline(
    pipeline: Pipeline | Iterable[Node | Pipeline],
    enable_metrics: bool = False,  # noqa: FBT001, FBT002 - programs pass it by position
) -> Any:
    """Run a pipeline, or nodes as a chain, of which the first are sources.

    Args:
        pipeline: the pipeline, or its nodes.
        enable_metrics: whether the result is a dict of `outputs` and `metrics`, those of `Pipeline.get_metrics`.

    Returns:
        As `Pipeline.run`: inside a running event loop an awaitable.

    Raises:
        RemoteMediaError: as `Pipeline.run`.
    """
    return _executed(pipeline, None, enable_metrics)


def execute_pipeline_with_input(
    pipeline: Pipeline | Iterable[Node | Pipeline],
    input_data: Any,
    enable_metrics: bool = False,  # noqa: FBT001, FBT002 - programs pass it by position
) -> Any:
    """Run a pipeline, or nodes as a chain, on a value or a list of values; else as `execute_pipeline`."""
    return _executed(pipeline, input_data, enable_metrics)


def _executed(pipeline: Pipeline | Iterable[Node | Pipeline], data: Any, metrics: bool) -> Any:  # noqa: FBT001 - from above
    run = pipeline if isinstance(pipeline, Pipeline) else Pipeline(list(pipeline))
    result = run.run(data)
    if not metrics:
        return result
    if not hasattr(result, "__await__"):
        return {"outputs": result, "metrics": run.get_metrics()}

    async def measured() -> dict[str, Any]:
        return {"outputs": await result, "metrics": run.get_metrics()}

    return measured()
