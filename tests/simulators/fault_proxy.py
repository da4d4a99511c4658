"""A network that fails where it is told to: TCP on loopback, passed on to a server, and counted.

    with FaultProxy(registry.host) as proxy:
        proxy.faults = [Fault("reset", 100_000), Fault("503", 200_000)]
        client(proxy.host).resolve("1.0")

A fault strikes when so many bytes have passed in both directions together, or at the first request after that.
"""

from __future__ import annotations

import array
import fcntl
import select
import socket
import struct
import termios
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

__all__ = ["Fault", "FaultProxy", "Kind"]

Kind = Literal["reset", "cut", "stall", "429", "500", "503"]

_BLOCK = 16 << 10
_BUFFER = 32 << 10  # so that a network on one machine does not hold more on its way than the transfers have taken
_METHODS = (b"GET /", b"HEAD /", b"POST /", b"PUT /", b"PATCH /")
_LONGEST_STALL = 10.0  # seconds; who waits longer has failed


@dataclass(frozen=True)
class Fault:
    """One failure.

    Attributes:
        kind: the connection is reset, or ends in order but too soon, or falls silent; or a status is answered.
        at: bytes that pass before it.
    """

    kind: Kind
    at: int


class FaultProxy:
    """The network before one server; use it as a context manager.

    Attributes:
        faults: those to come, in the order of their places.
        struck: those that have been.
        up: bytes that went to the server.
        down: bytes that came from it.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self.faults: list[Fault] = []
        self.struck: list[Fault] = []
        self.up = 0
        self.down = 0
        self._gate: float = float("inf")
        self._cuts = 0
        self._moved = threading.Condition()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)  # of the connections it will take
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    def wait_for(self, moved: int, timeout: float) -> bool:
        """Wait until so many bytes have passed; says whether they have."""
        with self._moved:
            return self._moved.wait_for(lambda: self.up + self.down >= moved, timeout)

    def hold(self, moved: int) -> None:
        """Pass nothing on once so many bytes have passed."""
        with self._moved:
            self._gate = moved

    def cut(self) -> None:
        """Let go, and lose what is on its way on the connections that there are, as when a machine goes down."""
        with self._moved:
            self._cuts += 1
            self._gate = float("inf")
            self._moved.notify_all()

    def _accept(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):
                client, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        cuts = self._cuts
        with client, suppress(OSError), socket.create_connection(self._target) as server:
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            while not self._ended.is_set():
                for side in select.select([client, server], [], [], 0.5)[0]:
                    data = side.recv(_BLOCK)
                    if not data or not self._is_open(cuts):
                        return
                    if not self._pass(data, client, server, is_up=side is client):
                        return

    def _is_open(self, cuts: int) -> bool:
        """Wait while everything is held; says whether a connection that saw so many cuts may go on."""
        with self._moved:
            self._moved.wait_for(lambda: self.up + self.down < self._gate, _LONGEST_STALL)
            return self._cuts == cuts

    def _pass(self, data: bytes, client: socket.socket, server: socket.socket, *, is_up: bool) -> bool:
        """Pass data on, up to the place of a fault; says whether the connection is still good."""
        fault = self._next(len(data), is_request=is_up and data.startswith(_METHODS))
        if fault is not None and fault.kind in {"429", "500", "503"}:
            head = f"HTTP/1.1 {fault.kind} ?\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            client.sendall(head.encode())
            _drain(client)
            return False
        if fault is not None:
            data = data[: max(0, fault.at - self.up - self.down)]
        (server if is_up else client).sendall(data)
        with self._moved:
            self.up += len(data) if is_up else 0
            self.down += 0 if is_up else len(data)
            self._moved.notify_all()
        if fault is not None:
            self._break(fault.kind, client, server)
        return fault is None

    def _next(self, count: int, *, is_request: bool) -> Fault | None:
        with self._moved:
            due = self.faults and self.up + self.down + count > self.faults[0].at
            if not due or (self.faults[0].kind.isdigit() and not is_request):
                return None
            self.struck.append(self.faults.pop(0))
            return self.struck[-1]

    def _break(self, kind: Kind, client: socket.socket, server: socket.socket) -> None:
        """End a connection; the server has taken all that it was sent before the client hears of it."""
        if kind == "stall":
            client.settimeout(_LONGEST_STALL)
            while client.recv(_BLOCK):
                pass
            return
        _drain(client)
        server.settimeout(1)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)
            while server.recv(_BLOCK):
                pass
        if kind == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _drain(side: socket.socket) -> None:
    """Wait until the other side has got what was sent."""
    waiting, end = array.array("i", [1]), time.monotonic() + 1
    while waiting[0] and time.monotonic() < end:
        fcntl.ioctl(side, termios.TIOCOUTQ, waiting)
