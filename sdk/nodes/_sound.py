"""Sound between Python and the kernels."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from remotemedia._elements import array_of, elements_of, plain_number, rounded
from remotemedia._value_errors import UnsupportedValueError
from remotemedia.errors import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Buffer

    from remotemedia.node import Node

    Samples: TypeAlias = NDArray[np.float32]

__all__ = ["Heard", "Sound", "floats_of", "hear", "kernel_of", "planes", "sound_of"]

# Array of samples `(N,)` or `(C, N)`, their rate in Hz, and maybe a dict of what is said of them.
Sound: TypeAlias = tuple[Any, ...]

_RATES: Final = range(1_000, 768_001)
_CHANNELS: Final = range(1, 65)
_DTYPES: Final = frozenset({"f32", "f64", "i16", "i32"})
_MAX_AXES: Final = 2


class Heard(NamedTuple):
    """Sound as the kernels take it.

    Attributes:
        samples: bytes of all samples of the first channel, then all of the second; little-endian.
        dtype: `f32` of full scale 1, `i16` or `i32`.
        channels: how many there are, 1 to 64.
        rate: samples per second and channel, in Hz.
        meta: what is said of the sound, where anything is.
    """

    samples: Buffer
    dtype: str
    channels: int
    rate: int
    meta: dict[str, Any] | None

    def floats(self) -> memoryview[float]:
        """Return the samples as float32 of full scale 1."""
        from remotemedia import _native  # noqa: PLC0415 - constructing a node must not load the engine

        samples: Buffer = self.samples
        if self.dtype != "f32":
            samples = _native.convert(memoryview(samples), self.dtype, "f32")
        return floats_of(samples)

    def given(
        self, samples: Buffer, *, dtype: str = "f32", channels: int | None = None, rate: int | None = None
    ) -> Sound:
        """Return what a kernel made of this sound, mono `(N,)`, several channels `(C, N)`, and what is said of it."""
        array = self.array(samples, dtype=dtype, channels=channels)
        rate = self.rate if rate is None else rate
        return (array, rate) if self.meta is None else (array, rate, self.meta)

    def array(self, samples: Buffer, *, dtype: str, channels: int | None = None) -> Any:
        """Return samples as an array that may be written to."""
        channels = self.channels if channels is None else channels
        view = memoryview(samples).cast("B")
        frames = view.nbytes // (channels * (2 if dtype == "i16" else 4))
        shape = (frames,) if channels == 1 else (channels, frames)
        return array_of(dtype, shape, view, 0, whole=True, numpy=True).copy()


def hear(node: Node, value: Any) -> Heard:
    """Return the sound of `(array, rate)` or `(array, rate, meta)`; float64 is rounded to float32.

    Raises:
        NodeError: RM606, the value is something else.
    """
    heard = _heard(value)
    if heard is None:
        raise NodeError(
            "expected `(array, rate)` or `(array, rate, dict)`: an array `(N,)` or `(C, N)` of up to 64 channels with "
            f"samples of float32, float64, int16 or int32, a rate of 1000 to 768000 Hz, got `{value!r:.80}`",
            code="RM606",
            hint="put a node between them that converts",
            node=node.name,
        )
    return heard


def planes(node: Node, value: Any) -> tuple[Samples, int]:
    """Return the samples of a sound as float32 `(C, N)` of full scale 1, and their rate in Hz.

    Raises:
        NodeError: RM606, the value is no sound.
    """
    sound = hear(node, value)
    return sound_of(sound.floats(), sound.channels).reshape(sound.channels, -1), sound.rate


def floats_of(samples: Buffer) -> memoryview[float]:
    """Return bytes as the float32 samples that they are."""
    return memoryview(samples).cast("B").cast("f")


def sound_of(samples: Buffer, channels: int) -> Samples:
    """Return what a kernel gave as float32, mono `(N,)`, several channels `(C, N)`."""
    import numpy as np  # noqa: PLC0415 - constructing a node must not load it

    flat: Samples = np.frombuffer(memoryview(samples).cast("B"), np.float32)
    return flat if channels == 1 else flat.reshape(channels, -1)


def _heard(value: Any) -> Heard | None:
    match value:
        case (array, rate):
            meta = None
        case (array, rate, dict(meta)):
            pass
        case _:
            return None
    rate = plain_number(rate)
    try:
        elements = elements_of(array)
    except UnsupportedValueError:
        return None
    if elements is None or elements.dtype not in _DTYPES or not 1 <= len(elements.shape) <= _MAX_AXES:
        return None
    channels = 1 if len(elements.shape) == 1 else elements.shape[0]
    if type(rate) is not int or rate not in _RATES or channels not in _CHANNELS:
        return None
    if elements.dtype == "f64":
        return Heard(rounded(elements.data), "f32", channels, rate, meta)
    return Heard(elements.data, elements.dtype, channels, rate, meta)


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
