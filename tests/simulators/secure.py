"""The server that simulators of services stand on, with TLS or without: `LoopbackServer(Handler, tls)`."""

from __future__ import annotations

import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_SECONDS = 0.1


class LoopbackServer(ThreadingHTTPServer):
    """Listens on a port of the loopback that is free.

    Args:
        handler: answers the requests.
        tls: speak TLS.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.scheme = "http" if tls is None else "https"
        if tls is not None:
            # The handshake belongs to the connection's own thread: one that fails must not stop the others.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a client that was refused hear of it: a reset, since it has sent more already, could overtake that."""
        if isinstance(sys.exception(), ssl.SSLError):
            time.sleep(_SECONDS)
        else:
            super().handle_error(request, client_address)
