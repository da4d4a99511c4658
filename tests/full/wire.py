"""A TCP forwarder in this process that counts what passes, and closes or stalls one connection in the middle."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from typing import Literal, Self

Direction = Literal["up", "down"]
_BLOCK = 1 << 14


class Wire:
    """Leads to a registry; use it as a context manager.

    Args:
        target: `127.0.0.1:PORT` that it leads to.
        tear: after how many bytes, and in which direction, the connection that carries them is closed, once.
        stall: let it stand still in the place of closing it, until `mend`.
    """

    def __init__(self, target: str, tear: tuple[Direction, int] | None = None, *, stall: bool = False) -> None:
        self.passed: dict[Direction, int] = {"up": 0, "down": 0}
        self.torn = threading.Event()
        self._stall = stall
        self._ended = threading.Event()
        self._tear = tear
        self._target = target
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def mend(self) -> None:
        """Close what stands still; nothing is torn any more."""
        self._ended.set()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                here, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=(here,), daemon=True).start()

    def _forward(self, here: socket.socket) -> None:
        name, _, port = self._target.partition(":")
        with here, socket.create_connection((name, int(port))) as there, suppress(OSError):
            ends: dict[socket.socket, tuple[socket.socket, Direction]] = {here: (there, "up"), there: (here, "down")}
            while True:
                for side in select.select(list(ends), [], [])[0]:
                    other, direction = ends[side]
                    data = side.recv(_BLOCK)
                    if not data:
                        return
                    other.sendall(data)
                    if self._tears(direction, len(data)):
                        if self._stall:
                            self._ended.wait()
                        return

    def _tears(self, direction: Direction, size: int) -> bool:
        with self._lock:
            self.passed[direction] += size
            if self.torn.is_set() or self._tear is None or direction != self._tear[0]:
                return False
            if self.passed[direction] >= self._tear[1]:
                self.torn.set()
            return self.torn.is_set()
