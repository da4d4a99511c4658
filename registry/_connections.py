"""Connections on which an answer begins in time, or not at all: `with_patience(urllib3.PoolManager())`.

They send `Extent`s too; without TLS these go from file to socket within the kernel.

A socket's timeout starts anew with every byte. A server that sends a header byte by byte, or `100 Continue` again and
again, would never run into it.
"""

import http.client
import io
import socket
import time
from typing import IO, Any, TypeVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from remotemedia.registry._extent import Extent

_Manager = TypeVar("_Manager", bound=urllib3.PoolManager)


def with_patience(manager: _Manager) -> _Manager:
    """Let the read timeout also bound, in all, the time until the head of an answer has come."""
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return manager


class _Raw(io.RawIOBase):
    """What comes from a socket, until the deadline if there is one."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.deadline: float | None = None  # of `time.monotonic()`

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise TimeoutError("the head of the answer takes too long")
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Read:
    """Stands for a socket towards `http.client`, which asks it for a file and for nothing else."""

    def __init__(self, raw: _Raw) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> IO[bytes]:
        if mode != "rb":
            raise ValueError(f"expected to be read in the mode `rb`, got `{mode}`")
        return io.BufferedReader(self._raw)


class _Answer(http.client.HTTPResponse):
    """An answer whose head is waited for as long as the socket waits for a byte."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        self._patience = sock.gettimeout()
        self._source = _Raw(sock.makefile("rb", buffering=0))
        super().__init__(_Read(self._source), *args, **options)  # type: ignore[arg-type] # a socket as far as it needs

    def begin(self) -> None:
        self._source.deadline = None if self._patience is None else time.monotonic() + self._patience
        super().begin()
        self._source.deadline = None


class _HttpConnection(HTTPConnection):
    response_class = _Answer

    def send(self, data: Any) -> None:
        if isinstance(data, Extent) and self.sock is not None:
            data.send(self.sock)
        else:
            super().send(data)


class _HttpsConnection(HTTPSConnection):
    response_class = _Answer

    def send(self, data: Any) -> None:
        super().send(data.read(0, data.size) if isinstance(data, Extent) else data)  # to be encrypted here


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection
