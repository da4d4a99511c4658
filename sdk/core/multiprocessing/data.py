"""A value with its kind, as older nodes take and give it.

from remotemedia.core.multiprocessing.data import RuntimeData, audio_to_numpy, numpy_to_audio

sound = numpy_to_audio(samples, sample_rate=24000, channels=1)
if sound.is_audio():
samples = audio_to_numpy(sound)
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["AudioMetadata", "DataType", "RuntimeData", "audio_to_numpy", "numpy_to_audio"]


class DataType(Enum):
    """What a value is."""

    AUDIO = 1
    TEXT = 3
    TENSOR = 4
    JSON = 5
    BINARY = 6


@dataclass(frozen=True)
class AudioMetadata:
    """What is said of sound.

    Attributes:
        sample_rate: in Hz.
        channels: how many.
        duration_ms: length in milliseconds, rounded down.
    """

    sample_rate: int
    channels: int
    duration_ms: int


@dataclass
class RuntimeData:
    """A value with its kind; made by the methods named after the kinds.

    Attributes:
        type: what it is.
        payload: sound as float32 `(N,)`, or `(N, C)` for several channels; a tensor as an array; a text as `str`; JSON
            data; `bytes`.
        session_id: whose it is.
        timestamp: when it was made, in seconds since 1970.
        metadata: of sound only.
    """

    type: DataType
    payload: Any
    session_id: str = ""
    timestamp: float = field(default_factory=time.time)
    metadata: AudioMetadata | None = None

    @classmethod
    def audio(cls, samples: ArrayLike, sample_rate: int, channels: int = 1, session_id: str = "") -> RuntimeData:
        """Make sound of samples `(N,)`, of several channels in turn, or `(N, C)`.

        Raises:
            ValueError: the samples are not of that many channels.
        """
        import numpy as np  # noqa: PLC0415 - the other kinds do without

        array = np.asarray(samples, np.float32)
        if channels < 1 or array.size % channels or (array.ndim > 1 and array.shape[1:] != (channels,)):
            raise ValueError(f"expected samples of {channels} channels, got the shape {list(array.shape)}")
        array = array.reshape(-1) if channels == 1 else array.reshape(-1, channels)
        said = AudioMetadata(sample_rate, channels, len(array) * 1000 // sample_rate)
        return cls(DataType.AUDIO, array, session_id, metadata=said)

    @classmethod
    def text(cls, text: str, session_id: str = "") -> RuntimeData:
        """Make a text."""
        return cls(DataType.TEXT, text, session_id)

    @classmethod
    def json(cls, data: Any, session_id: str = "") -> RuntimeData:
        """Make JSON data."""
        return cls(DataType.JSON, data, session_id)

    @classmethod
    def binary(cls, data: bytes, session_id: str = "") -> RuntimeData:
        """Make bytes."""
        return cls(DataType.BINARY, data, session_id)

    @classmethod
    def tensor(cls, data: ArrayLike, session_id: str = "") -> RuntimeData:
        """Make a tensor."""
        import numpy as np  # noqa: PLC0415 - the other kinds do without

        return cls(DataType.TENSOR, np.asarray(data), session_id)

    def data_type(self) -> str:
        """Return what it is: `audio`, `text`, `json`, `binary` or `tensor`."""
        return self.type.name.lower()

    def is_audio(self) -> bool:
        """Whether it is sound."""
        return self.type is DataType.AUDIO

    def is_text(self) -> bool:
        """Whether it is a text."""
        return self.type is DataType.TEXT

    def is_json(self) -> bool:
        """Whether it is JSON data."""
        return self.type is DataType.JSON

    def is_binary(self) -> bool:
        """Whether it is bytes."""
        return self.type is DataType.BINARY

    def is_tensor(self) -> bool:
        """Whether it is a tensor."""
        return self.type is DataType.TENSOR

    def as_audio(self) -> tuple[bytes, int, int, str, int]:
        """Return the samples' bytes, the rate, the channels, `f32`, and the samples per channel.

        Raises:
            ValueError: it is no sound.
        """
        array = self._of(DataType.AUDIO)
        said = self.metadata
        if said is None:
            raise ValueError("expected sound with its metadata, got none")
        return array.tobytes(), said.sample_rate, said.channels, "f32", len(array)

    def as_text(self) -> str:
        """Return the text.

        Raises:
            ValueError: it is no text.
        """
        return str(self._of(DataType.TEXT))

    def as_json(self) -> Any:
        """Return the JSON data.

        Raises:
            ValueError: it is none.
        """
        return self._of(DataType.JSON)

    def as_binary(self) -> bytes:
        """Return the bytes.

        Raises:
            ValueError: it is something else.
        """
        return bytes(self._of(DataType.BINARY))

    def as_numpy(self) -> NDArray[Any]:
        """Return the array of sound or of a tensor.

        Raises:
            ValueError: it is something else.
        """
        array: NDArray[Any] = self._of(DataType.AUDIO, DataType.TENSOR)
        return array

    def _of(self, *kinds: DataType) -> Any:
        if self.type in kinds:
            return self.payload
        expected = " or ".join(kind.name.lower() for kind in kinds)
        raise ValueError(f"expected {expected}, got {self.data_type()}")


def numpy_to_audio(array: NDArray[Any], sample_rate: int, channels: int = 1) -> RuntimeData:
    """Make sound of an array; see `RuntimeData.audio`."""
    return RuntimeData.audio(array, sample_rate, channels)


def audio_to_numpy(data: RuntimeData) -> NDArray[np.float32]:
    """Return the samples of sound as float32 `(N,)`, or `(N, C)` for several channels.

    Raises:
        ValueError: it is no sound.
    """
    return data._of(DataType.AUDIO)  # type: ignore[no-any-return]  # noqa: SLF001 - of the same module
