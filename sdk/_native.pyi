from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, final

import numpy as np
import typing_extensions
from numpy.typing import NDArray

# Sound is planar, contiguous: all samples of the first channel, then all of the second. `_Samples` are float32.
_Samples: TypeAlias = NDArray[np.float32] | memoryview[float]

# Anything with the buffer protocol.
_Bytes: TypeAlias = typing_extensions.Buffer

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

# Silence in the place of what is quieter than the threshold; times are in ms.
@final
class Gate:
    def __init__(self, rate: int, threshold_db: float, attack: float, release: float, hold: float) -> None: ...
    def process(self, samples: _Samples, channels: int) -> Buffer: ...

# How many stretches are louder than the threshold, and how many there are.
def voice_activity(
    samples: _Samples, channels: int, rate: int, milliseconds: int, threshold: float
) -> tuple[int, int]: ...

# From one of `f32`, `i16` and `i32` to another.
def convert(samples: Buffer | bytes | memoryview, from_: str, to: str, /) -> Buffer: ...

# A whole sound at another rate.
def resample(samples: _Samples, channels: int, rate_in: int, rate_out: int, quality: str) -> Buffer: ...
def gain(samples: _Samples, db: float) -> Buffer: ...
def mix(samples: _Samples, channels_in: int, channels_out: int) -> Buffer: ...

# What comes of numbers, from left to right, by one of `calculations`; `ArithmeticError` where there is no result.
def calculate(operation: str, args: Sequence[float], /) -> float: ...
def calculations() -> list[str]: ...

# All elements of an array plus (`add`) or times (`multiply`) a constant, and their dtype, which is that of numpy.
def elementwise(operation: str, constant: float, dtype: str, elements: _Bytes, /) -> tuple[str, Buffer]: ...

# What one of `text_operations`, or a function by its `module:qualname`, makes of a text.
def process_text(operation: str, text: str, /) -> str | int | list[str]: ...
def text_operations() -> list[str]: ...

# The only item of a list, the text and data of a `json` body, as `json`, `text` or `bytes`; as a packet's body.
def formatted(target: str, head: str, data: _Bytes, /) -> tuple[int, str, str, Buffer] | None: ...

# Warnings of a valid manifest, each a message and the JSON pointer of its place.
def validate_manifest(text: bytes) -> list[tuple[str, str]]: ...
def check_layers(artifact: bytes) -> None: ...
def check_configuration(config: bytes, manifest: bytes) -> None: ...

# Models of ONNX nodes, loaded once; they stay as long as this object lives.
@final
class Models:
    def __init__(self, library: Path | None) -> None: ...

# Coroutine functions in a row, called on their event loop; `begin`, `end` and `gave` count calls made elsewhere.
@final
class Steps:
    at: int
    value: object
    # How many values were taken, and a call that has to wait: its node, the call, whether begun, what it waits for.
    def run(
        self, values: list[object], number: int, given: list[tuple[int, object]]
    ) -> tuple[int, tuple[int, object, bool, object] | None]: ...
    def begin(self, at: int, fed: bool) -> None: ...
    def end(self, at: int) -> None: ...
    def gave(self, at: int) -> None: ...

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
