"""Models of the library `transformers`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.errors import NodeError
from remotemedia.nodes._extras import required

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remotemedia.node import Node

__all__ = ["load"]


def load(
    node: Node,
    task: str,
    model: str | None,
    *,
    device: str | int | None,
    dtype: str | None,
    options: Mapping[str, Any],
) -> Any:
    """Return a pipeline of `transformers`.

    Args:
        node: for which it is.
        task: what it does.
        model: name or directory of the model; the task's own where absent.
        device: where it runs; the best there is where absent.
        dtype: type of the weights on a GPU; a CPU has float32.
        options: further arguments of `transformers.pipeline`.

    Raises:
        NodeError: RM608, there is no such model, type or device; RM617, the libraries are not installed.
    """
    torch, transformers = required(node, "torch", "ml"), required(node, "transformers", "ml")
    place = _best_device(torch) if device is None else device
    try:
        chosen = torch.float32 if place == "cpu" or dtype is None else getattr(torch, dtype)
        return transformers.pipeline(task, model=model, device=place, torch_dtype=chosen, **options)
    except (AttributeError, KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise NodeError(
            f"expected the model `{model or task}` on `{place}`, got: {error!s:.200}", code="RM608", node=node.name
        ) from error


def _best_device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"
