"""Connections that lead only where they may, and on which an answer begins in time: `equipped(manager, standing)`.

They send `Extent`s too; without TLS these go from file to socket within the kernel.

A socket's timeout starts anew with every byte. A server that sends a header byte by byte, or `100 Continue` again and
again, would never run into it.

A body comes in portions: TLS brings 16 KiB at a time, and to handle each of them costs as much as to handle a MiB.
"""

import http.client
import io
import socket
import ssl
import sys
import time
from functools import partial
from typing import IO, Any, TypeVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from remotemedia.registry._extent import Extent
from remotemedia.registry._zones import Standing, Zone

_Manager = TypeVar("_Manager", bound=urllib3.PoolManager)

_PORTION_BYTES = 64 << 10  # who asks for less is served at once, as the head of an answer must be
_PORTION_SECONDS = 0.02  # and after this time who asks for more: whoever is killed loses what was not handed over


def equipped(manager: _Manager, standing: Standing | None) -> _Manager:
    """Have a manager make such connections.

    Args:
        manager: makes them. Its read timeout then also bounds, in all, the time until the head of an answer has come.
        standing: says which addresses they may be made to; None where a proxy, which the user chose, is connected to.
    """
    pools = {"http": partial(_HttpPool, standing=standing), "https": partial(_HttpsPool, standing=standing)}
    manager.pool_classes_by_scheme = pools  # type: ignore[assignment] # they are called, and nothing else
    return manager


class _Raw(io.RawIOBase):
    """What comes from a socket, until the deadline if there is one.

    Whoever asks for much gets a portion, of which a connection that is lost, or stalls, loses nothing.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._lost: OSError | None = None
        self.deadline: float | None = None  # of `time.monotonic()`

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise TimeoutError("the head of the answer takes too long")
        if self._lost is not None:
            raise self._lost
        filled = self._raw.readinto(buffer)
        return self._gathered(memoryview(buffer), filled) if filled and len(buffer) >= _PORTION_BYTES else filled

    def _gathered(self, portion: memoryview, filled: int) -> int:
        # TLS is asked for each 16 KiB: `recv_into` would only call this.
        read = self._socket.read if isinstance(self._socket, ssl.SSLSocket) else None
        patience = self._socket.gettimeout()
        until = time.monotonic() + _PORTION_SECONDS
        self._socket.settimeout(_PORTION_SECONDS)
        try:
            while filled < len(portion) and time.monotonic() < until:
                rest = portion[filled:]
                count = self._socket.recv_into(rest) if read is None else int(read(len(rest), rest))
                if not count:
                    break
                filled += count
        except TimeoutError:
            pass  # the next portion waits for it, as long as may be
        except OSError as exc:
            self._lost = exc
        finally:
            self._socket.settimeout(patience)
        return filled

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
        self._source = _Raw(sock)
        super().__init__(_Read(self._source), *args, **options)  # type: ignore[arg-type] # a socket as far as it needs

    def begin(self) -> None:
        self._source.deadline = None if self._patience is None else time.monotonic() + self._patience
        super().begin()
        self._source.deadline = None


class _Led(HTTPConnection):
    """A connection to the first address of a host that may be connected to, and can be.

    The name is resolved once, and what is looked at is what is connected to: no second answer comes in between.
    """

    response_class = _Answer

    def __init__(self, *args: Any, standing: Standing | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._standing = standing

    def _new_conn(self) -> socket.socket:
        if self._standing is None:
            return super()._new_conn()
        try:
            made = self._connected(self._standing)
        except socket.gaierror as exc:
            raise NameResolutionError(self.host, self, exc) from exc
        except UnicodeError as exc:
            raise LocationParseError(self.host) from exc
        except TimeoutError as exc:
            raise ConnectTimeoutError(self, str(exc)) from exc
        except OSError as exc:
            raise NewConnectionError(self, str(exc)) from exc
        sys.audit("http.client.connect", self, self.host, self.port)
        return made

    def _connected(self, standing: Standing) -> socket.socket:
        host, failure, refused = self._dns_host.strip("[]"), None, None
        for family, kind, protocol, _, place in socket.getaddrinfo(
            host, self.port, allowed_gai_family(), socket.SOCK_STREAM
        ):
            address = str(place[0])
            if not standing.admits(self.host, address):
                refused = address
                continue
            try:
                made = self._connected_to(family, kind, protocol, place)
            except OSError as exc:
                failure = exc
                continue
            standing.met(self.host, address)
            return made
        if failure is None and refused is not None:
            raise standing.refusal(self.host, Zone.of(refused), refused)
        raise failure or OSError(None, "the name has no address")

    def _connected_to(
        self, family: socket.AddressFamily, kind: socket.SocketKind, protocol: int, place: Any
    ) -> socket.socket:
        made = socket.socket(family, kind, protocol)
        try:
            for option in self.socket_options or ():
                made.setsockopt(*option)
            made.settimeout(self.timeout)
            made.connect(place)
        except BaseException:
            made.close()
            raise
        return made


class _HttpConnection(_Led):
    def send(self, data: Any) -> None:
        if isinstance(data, Extent) and self.sock is not None:
            data.send(self.sock)
        else:
            super().send(data)


class _HttpsConnection(_Led, HTTPSConnection):
    def send(self, data: Any) -> None:
        for chunk in data.chunks() if isinstance(data, Extent) else (data,):  # to be encrypted here
            super().send(chunk)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection
