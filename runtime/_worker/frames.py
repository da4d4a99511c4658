"""Frames to and from the parent: `u32 length LE | u8 kind | payload` (`schemas/child.md`)."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Sequence
from enum import IntEnum
from struct import Struct
from typing import Any, Final

__all__ = ["Channel", "Kind", "RefusedError"]

_header: Final = Struct("<IB")
_VECTORS: Final = 512  # buffers that are written at once; systems take 1024


class Kind(IntEnum):
    """What a frame is."""

    INIT = 0x01
    PROCESS = 0x02
    PULL = 0x03
    FLUSH = 0x04
    SNAPSHOT = 0x05
    RESTORE = 0x06
    SET_PARAM = 0x07
    CLOSE = 0x08
    FILE = 0x09
    SOURCES = 0x0A
    REFUSED = 0x0B
    HELLO = 0x80
    READY = 0x81
    EMITTED = 0x82
    STATE = 0x83
    FAILED = 0x84
    LOG = 0x85
    READ = 0x86
    READ_SOURCES = 0x87
    DONE = 0x88


class RefusedError(Exception):
    """The parent does not give what was asked for.

    Attributes:
        failure: as the parent said it, to be said back.
    """

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(failure["message"])
        self.failure = failure


class Channel:
    """The two pipes to the parent.

    Args:
        incoming: descriptor that is read from.
        outgoing: descriptor that is written to.
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._reader = io.BufferedReader(io.FileIO(incoming, "rb"), 1 << 16)
        self._outgoing = outgoing
        self._lock = threading.Lock()  # the node's own threads may log

    def receive(self) -> tuple[int, bytearray] | None:
        """Wait for a frame; None where the parent is gone.

        Returns:
            Its kind, and its payload, which may be written to.
        """
        header = self._reader.read(_header.size)
        if len(header) < _header.size:
            return None
        length, kind = _header.unpack(header)
        payload = bytearray(length)
        rest = memoryview(payload)
        while len(rest) > 0:
            read = self._reader.readinto(rest)
            if not read:
                return None
            rest = rest[read:]
        return kind, payload

    def send(self, kind: Kind, parts: Sequence[bytes | memoryview]) -> None:
        """Write a frame whose payload is these parts, one after the other.

        Raises:
            OSError: the parent is gone.
        """
        self.write(self.framed(kind, parts))

    @staticmethod
    def framed(kind: Kind, parts: Sequence[bytes | memoryview]) -> list[bytes | memoryview]:
        """Make a frame of a payload's parts."""
        return [_header.pack(sum(map(len, parts)), kind), *parts]

    def write(self, parts: list[bytes | memoryview]) -> None:
        """Write whole frames.

        Raises:
            OSError: the parent is gone.
        """
        with self._lock:
            self._write(parts)

    def say(self, kind: Kind, message: object) -> None:
        """Write a frame whose payload is JSON."""
        # Lone surrogates cannot cross; what else an author's text may hold can.
        self.send(kind, [json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")])

    def ask(self, kind: Kind, payload: bytes = b"") -> bytearray:
        """Ask for something that only the parent has, within a call and from its thread.

        Raises:
            RefusedError: it is not given.
            EOFError: the parent is gone.
        """
        self.send(kind, [payload])
        answer = self.receive()
        if answer is None:
            raise EOFError("the parent process is gone")
        if answer[0] == Kind.REFUSED:
            raise RefusedError(json.loads(answer[1]))
        return answer[1]

    def _write(self, parts: list[bytes | memoryview]) -> None:
        while parts:
            written = os.writev(self._outgoing, parts[:_VECTORS])
            done = 0
            while done < len(parts) and written >= len(parts[done]):
                written -= len(parts[done])
                done += 1
            del parts[:done]
            if written:
                parts[0] = memoryview(parts[0])[written:]
