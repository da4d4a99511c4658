"""A server in this process that gives what it was given: `StaticServer({"/a.json": b"{}"})`, over http or TLS."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Self
from urllib.parse import urlsplit

from tests.simulators.secure import LoopbackServer


class StaticServer:
    """The server; use it as a context manager.

    Args:
        files: bodies by path.
        tls: speak TLS.
    """

    def __init__(self, files: Mapping[str, bytes], tls: ssl.SSLContext | None = None) -> None:
        self.files = dict(files)
        self.requests: list[tuple[str, Mapping[str, str]]] = []  # path with query, and headers
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append((self.path, dict(self.headers.items())))
                body = server.files.get(urlsplit(self.path).path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
                """Keep the terminal clean."""

        self._server = LoopbackServer(Handler, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def host(self) -> str:
        return self._server.host

    @property
    def url(self) -> str:
        return f"{self._server.scheme}://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
