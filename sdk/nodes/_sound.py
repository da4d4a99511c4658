"""Sound between Python and the kernels: planar float32."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from remotemedia.errors import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from remotemedia.node import Node

    Samples: TypeAlias = NDArray[np.float32]

__all__ = ["Sound", "kernel_of", "planes", "sound_of"]

Sound: TypeAlias = tuple[Any, int]  # array of samples (N,) or (C, N), and their rate in Hz

_MAX_AXES = 2


def planes(node: Node, value: Any) -> tuple[Samples, int]:
    """Return the samples of `(array, rate)` as contiguous float32 `(C, N)`, full scale ±1, and the rate.

    Raises:
        NodeError: RM606, the value is something else.
    """
    import numpy as np  # noqa: PLC0415 - constructing a node must not load it

    match value:
        case (array, int(rate), *_) if rate > 0:
            samples = np.asarray(array)
            scale = {"f4": 0, "f8": 0, "i2": 15, "i4": 31}.get(samples.dtype.str[1:])
            if scale is not None and 1 <= samples.ndim <= _MAX_AXES and (samples.ndim == 1 or len(samples)):
                plain = samples.astype(np.float32) * np.float32(2.0**-scale)
                return np.ascontiguousarray(np.atleast_2d(plain)), rate
    raise NodeError(
        f"expected `(array, rate)` with samples of float32, float64, int16 or int32, got `{value!r:.80}`",
        code="RM606",
        hint="put a node between them that converts",
        node=node.name,
    )


def sound_of(samples: Any, channels: int) -> Samples:
    """Return what a kernel gave as `(N,)` or `(C, N)`."""
    import numpy as np  # noqa: PLC0415 - constructing a node must not load it

    flat: Samples = np.frombuffer(samples, np.float32)
    return flat if channels == 1 else flat.reshape(channels, -1)


@contextmanager
def kernel_of(node: Node) -> Iterator[None]:
    """Name the node where its kernel cannot be made of its parameters, or fails.

    Raises:
        NodeError: RM601, or the kernel's own code.
    """
    from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

    try:
        yield
    except _native.NativeError as error:
        told = json.loads(str(error))
        raise NodeError(told["message"], code=told["code"], hint=told.get("hint"), node=node.name) from error
    except (OverflowError, TypeError, ValueError) as error:
        raise NodeError(f"expected parameters that `{node.name}` can use: {error}", code="RM601") from error
