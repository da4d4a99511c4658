from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

# Sound is planar, contiguous: all samples of the first channel, then all of the second. `_Samples` are float32.
_Samples: TypeAlias = NDArray[np.float32] | memoryview[float]

# Its text is a JSON object: `code`, `message`, and where known `hint`, `pointer`, `causes`.
class NativeError(Exception): ...

# Read-only bytes that Rust owns; the buffer protocol gives them without a copy.
@final
class Buffer:
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Resampler:
    def __init__(self, rate_in: int, rate_out: int, channels: int, quality: str) -> None: ...
    def process(self, samples: _Samples) -> Buffer: ...
    def flush(self) -> Buffer: ...

@final
class Windower:
    def __init__(self, size: int, hop: int, pad: bool, channels: int) -> None: ...
    def process(self, samples: _Samples) -> list[Buffer]: ...
    def flush(self) -> list[Buffer]: ...

# Samples of any type, as planar bytes.
@final
class Chunker:
    def __init__(self, frames: int, channels: int, sample: int) -> None: ...
    def process(self, planar: Buffer | bytes | memoryview) -> list[Buffer]: ...
    def flush(self) -> list[Buffer]: ...

@final
class VoiceDetector:
    def __init__(self, rate: int, milliseconds: int, threshold: float, share: float) -> None: ...
    # Whether they are speech, which part of their stretches is, and the mean loudness of these.
    def process(self, samples: _Samples, channels: int) -> tuple[bool, float, float]: ...

# How many stretches are louder than the threshold, and how many there are.
def voice_activity(
    samples: _Samples, channels: int, rate: int, milliseconds: int, threshold: float
) -> tuple[int, int]: ...

# From one of `f32`, `i16` and `i32` to another.
def convert(samples: Buffer | bytes | memoryview, from_: str, to: str, /) -> Buffer: ...

# A whole sound at another rate.
def resample(samples: _Samples, channels: int, rate_in: int, rate_out: int, quality: str) -> Buffer: ...
def mix(samples: _Samples, channels_in: int, channels_out: int) -> Buffer: ...

# Warnings of a valid manifest, each a message and the JSON pointer of its place.
def validate_manifest(text: bytes) -> list[tuple[str, str]]: ...

# Models of ONNX nodes, loaded once; they stay as long as this object lives.
@final
class Models:
    def __init__(self, library: Path | None) -> None: ...

# Ends a run from another thread.
@final
class Cancel:
    def cancel(self) -> None: ...

# Runs a manifest to the end of its input, and returns what was counted and measured as JSON; raises `NativeError`,
# whose cause is what a node raised.
def run_pipeline(
    manifest: bytes,
    *,
    root: str,
    nodes: Mapping[str, object],
    decode: Callable[[int, str, str, Buffer], object],
    encode: Callable[[object], tuple[int, str, str, object] | None],
    values: Iterator[object] | None,
    at_hand: bool,
    sound: str | None,
    models: Models,
    emit: Callable[[object], None],
    interrupt: Callable[[], None],
    cancel: Cancel,
) -> str: ...
