"""Microphones and loudspeakers, through the extra `devices`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import NodeError
from remotemedia.nodes._extras import required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.node import Node
    from remotemedia.nodes._sound import Samples, Sound

__all__ = ["Loudspeaker", "recorded"]

_BLOCK: Final = 0.02  # seconds: what is heard waits no longer than that
# What authors call the system's own choice.
_DEFAULTS: Final = frozenset({"default", "microphone", "speakers", "speaker"})


def recorded(node: Node, device: str) -> Iterator[Sound]:
    """Give what a microphone hears, without end, as mono `(array, rate)` at the device's own rate.

    Raises:
        NodeError: RM612, there is no such device; RM617, the extra is not installed.
    """
    sounddevice = required(node, "sounddevice", "devices")
    try:
        name = _name(device)
        rate = int(sounddevice.query_devices(name, "input")["default_samplerate"])
        with sounddevice.InputStream(samplerate=rate, device=name, channels=1, dtype="float32") as stream:
            while True:
                block, _ = stream.read(int(rate * _BLOCK))
                yield block[:, 0].copy(), rate
    except (sounddevice.PortAudioError, ValueError) as error:
        raise _absent(node, "microphone", device, "RM612", error) from error


class Loudspeaker:
    """Plays sound of one rate and number of channels.

    Raises:
        NodeError: RM616, there is no such device; RM617, the extra is not installed.
    """

    def __init__(self, node: Node, device: str, rate: int, channels: int) -> None:
        sounddevice = required(node, "sounddevice", "devices")
        try:
            self._stream: Any = sounddevice.OutputStream(
                samplerate=rate, device=_name(device), channels=channels, dtype="float32"
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise _absent(node, "loudspeaker", device, "RM616", error) from error

    def write(self, samples: Samples) -> None:
        """Play samples `(C, N)` of float32; waits until the device takes them."""
        self._stream.write(samples.T.copy())

    def close(self) -> None:
        """Play what is left."""
        self._stream.stop()
        self._stream.close()


def _name(device: str) -> str | int | None:
    if device in _DEFAULTS:
        return None
    return int(device) if device.isdecimal() else device


def _absent(node: Node, what: str, device: str, code: str, error: Exception) -> NodeError:
    return NodeError(
        f"expected a {what} `{device}`, got: {error}",
        code=code,
        hint="`python -m sounddevice` lists the devices of this machine",
        node=node.name,
    )
