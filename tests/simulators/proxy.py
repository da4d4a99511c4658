"""A proxy in this process: forwards requests and tunnels (`CONNECT`), whatever name is asked for, to one place."""

import base64
import select
import socket
import threading
from collections.abc import Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

_BLOCK = 1 << 16


class ProxySimulator:
    """The proxy; use it as a context manager.

    Args:
        target: `HOST:PORT` that every name leads to,
        others: but for these, which lead elsewhere.
        login: `USER:PASSWORD` that it asks for.
    """

    def __init__(self, target: str, login: str | None = None, others: Mapping[str, str] | None = None) -> None:
        self.target = target
        self.others = others or {}
        self.login = login
        self.asked: list[str] = []  # what it was asked for, as `METHOD HOST`
        proxy = self

        class ProxyHandler(_Handler):
            simulator = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), ProxyHandler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    simulator: ProxySimulator
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def do_CONNECT(self) -> None:
        if not self._admit(self.path):
            return
        target = self.simulator.others.get(self.path.rpartition(":")[0], self.simulator.target)
        name, _, port = target.rpartition(":")
        with socket.create_connection((name, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            sides = {self.connection: there, there: self.connection}
            while True:
                for side in select.select(list(sides), [], [])[0]:
                    data = side.recv(_BLOCK)
                    if not data:
                        self.close_connection = True
                        return
                    sides[side].sendall(data)

    def do_HEAD(self) -> None:
        url = urlsplit(self.path)
        if not self._admit(url.netloc):
            return
        there = HTTPConnection(self.simulator.target)
        there.request("HEAD", url.path, headers={"Accept": self.headers["Accept"], "Host": url.netloc})
        answer = there.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        there.close()

    def _admit(self, host: str) -> bool:
        self.simulator.asked.append(f"{self.command} {host}")
        login = self.simulator.login
        expected = None if login is None else "Basic " + base64.b64encode(login.encode()).decode()
        if expected in {None, self.headers.get("Proxy-Authorization")}:
            return True
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False
