"""A world of names and addresses for this process: what a resolver answers, and what stands at an address.

    with Internet({"registry.example": ["93.184.216.34"]}, {"93.184.216.34": simulator.host}) as internet:
        HttpRegistry("registry.example", "voice/tts", plain_http=True, environ={})
        internet.connected                                   # ["93.184.216.34"]

Only the two calls into the system are replaced, `getaddrinfo` and `connect`: everything above them is the real thing.
Addresses of simulators themselves stay what they are, if `HOST:PORT` is what is connected to.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self
from unittest.mock import patch


class Internet:
    """The world; use it as a context manager.

    Args:
        names: the addresses of each name. A list of lists is one answer after the other; the last one stays.
        places: what stands at an address, as `HOST:PORT` of a simulator; at others nobody answers.
    """

    def __init__(self, names: Mapping[str, Sequence[Any]], places: Mapping[str, str]) -> None:
        self.names = {name: [list(it) for it in _answers(listed)] for name, listed in names.items()}
        self.places = dict(places)
        self.connected: list[str] = []
        self._resolve, self._connect = socket.getaddrinfo, socket.socket.connect
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        def connect(made: socket.socket, place: tuple[str, int]) -> None:  # a function, so that sockets bind it
            return self._connected(made, place)

        self._patches.enter_context(patch.object(socket, "getaddrinfo", self._resolved))
        self._patches.enter_context(patch.object(socket.socket, "connect", connect))
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()

    def _resolved(self, host: str, port: int, *_: object, **__: object) -> list[tuple[Any, ...]]:
        if host not in self.names:
            ipaddress.ip_address(host)  # a name that is not of this world must not be looked up in the real one
            return list(self._resolve(host, port, type=socket.SOCK_STREAM))
        answers = self.names[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in it else socket.AF_INET, socket.SOCK_STREAM, 0, "", (it, port))
            for it in addresses
        ]

    def _connected(self, made: socket.socket, place: tuple[str, int]) -> None:
        address, port = place[:2]
        if f"{address}:{port}" in self.places.values():
            return self._connect(made, place)
        self.connected.append(address)
        if address not in self.places:
            raise ConnectionRefusedError(111, "Connection refused")
        host, _, port_there = self.places[address].rpartition(":")
        return self._connect(made, (host, int(port_there)))


def _answers(listed: Sequence[Any]) -> Sequence[Sequence[str]]:
    return listed if listed and not isinstance(listed[0], str) else [listed]
