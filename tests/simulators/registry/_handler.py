"""One connection to the simulated registry: whom a request goes to, and how answers are written."""

from __future__ import annotations

import array
import fcntl
import json
import re
import socket
import ssl
import struct
import termios
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.simulators.registry import _blobs, _login, _manifests, _uploads

if TYPE_CHECKING:
    from tests.simulators.registry._simulator import RegistrySimulator

_PATH = re.compile(
    r"/v2/(?P<name>.+?)/(?P<kind>manifests|blobs/uploads|blobs|referrers|tags)/(?P<last>[^/]*)", re.ASCII
)


class Handler(BaseHTTPRequestHandler):
    """The connection.

    Attributes:
        name: the repository that the request is for.
        last: the last part of its path: a digest, a tag, an upload.
        query: its query.
        unread: bytes of its body that were not read yet.
    """

    simulator: RegistrySimulator
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out in two writes; the second must not wait

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        shown = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        self.simulator.log(self.command, self.path, headers, shown or None)
        self.unread = int(self.headers.get("Content-Length", "0"))
        with suppress(ConnectionError):
            self._route()

    def _route(self) -> None:
        url = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/token":
            _login.give_token(self)
            return
        if url.path == "/v2/":
            _login.say_who_is_known(self)
            return
        match = _PATH.fullmatch(url.path)
        if match is None:
            self.error(404, "NAME_UNKNOWN")
            return
        self.name, kind, self.last = match["name"], match["kind"], match["last"]
        faults = self.simulator.faults
        if faults.tokens_end_before == self.command:
            faults.tokens_end_before = None
            self.simulator.expire_tokens()
        if self._is_unavailable() or not _login.is_authorized(self):
            return
        answer = _ANSWERS.get((self.command, kind))
        if answer is None:
            self.error(405, "UNSUPPORTED")
        else:
            answer(self)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send an answer; the headers' names have `_` for `-`."""
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status: int, code: str, **headers: str) -> None:
        """Send an error as the specification writes them."""
        body = json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}).encode()
        self.read_body()
        self.answer(status, body, Content_Type="application/json", **headers)

    def read_body(self) -> bytes:
        """Read the body, once."""
        length, self.unread = self.unread, 0
        return self.rfile.read(length)

    def reset(self) -> None:
        """End the connection with a reset rather than an orderly end, once the other side has got what was sent."""
        self.wfile.flush()
        waiting = array.array("i", [1])
        while waiting[0]:
            fcntl.ioctl(self.connection, termios.TIOCOUTQ, waiting)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _is_unavailable(self) -> bool:
        faults = self.simulator.faults
        with self.simulator.lock:
            if faults.unavailable <= 0:
                return False
            faults.unavailable -= 1
        headers = {} if faults.retry_after is None else {"Retry_After": faults.retry_after}
        self.error(503, "UNAVAILABLE", **headers)
        return True


_ANSWERS: dict[tuple[str, str], Callable[[Handler], None]] = {
    ("GET", "manifests"): _manifests.give,
    ("HEAD", "manifests"): _manifests.give,
    ("PUT", "manifests"): _manifests.take,
    ("GET", "referrers"): _manifests.list_referrers,
    ("GET", "tags"): _manifests.list_tags,
    ("GET", "blobs"): _blobs.give,
    ("HEAD", "blobs"): _blobs.give,
    ("POST", "blobs/uploads"): _uploads.start,
    ("GET", "blobs/uploads"): _uploads.tell,
    ("PATCH", "blobs/uploads"): _uploads.append,
    ("PUT", "blobs/uploads"): _uploads.finish,
}
