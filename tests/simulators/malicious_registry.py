"""A registry that attacks its callers, byte by byte if need be.

    with MaliciousRegistry() as registry:
        registry.attack = endless_headers
        client.resolve("1.0")

An attack is a function of the request's handler. It answers as it likes and gives True, or gives False and leaves the
request to the honest registry below. What goes out through `raw` is counted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from tests.simulators.registry import INDEX, Handler, RegistrySimulator

__all__ = ["Attack", "MaliciousHandler", "MaliciousRegistry"]

_LONGEST = 20.0  # seconds that an attack goes on at most; who stays longer has failed


class MaliciousRegistry(RegistrySimulator):
    """The registry; `attack` may be changed at any time.

    Attributes:
        attack: what is done to callers.
        given: bytes that attacks have sent.
        answered: requests that attacks have answered.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.attack: Attack = lambda _: False
        self.given = 0
        self.answered = 0

    @classmethod
    def handler_class(cls) -> type[Handler]:
        return MaliciousHandler


class MaliciousHandler(Handler):
    """One connection."""

    def _route(self) -> None:
        registry = cast("MaliciousRegistry", self.simulator)
        if registry.attack(self):
            with registry.lock:
                registry.answered += 1
        else:
            super()._route()

    def is_for(self, method: str, part: str) -> bool:
        """Say whether the request is of this method, and has this in its path."""
        return self.command == method and part in self.path

    def raw(self, data: bytes) -> bool:
        """Send bytes as they are, and end the connection after the answer."""
        registry = cast("MaliciousRegistry", self.simulator)
        self.close_connection = True
        self.wfile.write(data)
        with registry.lock:
            registry.given += len(data)
        return True

    def head(self, *headers: str, status: str = "200 OK") -> bool:
        """Send the head of an answer."""
        return self.raw("\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1"))

    def say(self, body: bytes, *headers: str, status: str = "200 OK") -> bool:
        """Send a whole answer."""
        headers = (f"Content-Length: {len(body)}", "Connection: close", *headers)
        return self.head(*headers, status=status) and self.raw(body)

    def pour(self, pieces: Iterable[bytes], pause: float = 0.0) -> bool:
        """Send piece after piece, until the caller hangs up."""
        end = time.monotonic() + _LONGEST
        for piece in pieces:
            self.raw(piece)
            time.sleep(pause)
            if time.monotonic() > end:
                break
        return True

    def index(self, entries: list[dict[str, Any]], *headers: str) -> bool:
        """Send a list of referrers."""
        body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
        return self.say(body, f"Content-Type: {INDEX}", *headers)

    @staticmethod
    def chunks(piece: bytes) -> Iterator[bytes]:
        """Give the chunks of a body without end."""
        while True:
            yield b"%x\r\n%s\r\n" % (len(piece), piece)


Attack = Callable[[MaliciousHandler], bool]
