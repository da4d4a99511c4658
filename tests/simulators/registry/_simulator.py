"""The simulated registry: what it holds, and how it is set up."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Self

from tests.simulators.registry._faults import Faults
from tests.simulators.registry._handler import Handler
from tests.simulators.registry._login import PASSWORD, USERNAME, Auth
from tests.simulators.registry._uploads import Upload


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    certificate: object = None  # what the client showed in the handshake

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


@dataclass
class Repository:
    """One repository's content."""

    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class RegistrySimulator:
    """The registry; use it as a context manager.

    Args:
        auth: how callers must authenticate; `token` has its own token endpoint.
        referrers: whether there is a referrers API, or only the fallback tag is left to the client.
        anonymous_pull: whether reading needs no login.
        token_seconds: lifetime of a token.
        page: length of a page of tags or referrers.
        tls: speak TLS.
        largest_body: uploads of more bytes at once are refused with 413.
        least_chunk: what `OCI-Chunk-Min-Length` says.
        tells_progress: whether an upload can be asked how far it is.
        mounts: whether blobs of other repositories can be mounted.
    """

    def __init__(
        self,
        *,
        auth: Auth = "none",
        referrers: bool = True,
        anonymous_pull: bool = False,
        token_seconds: int = 300,
        page: int = 1000,
        tls: ssl.SSLContext | None = None,
        largest_body: float = float("inf"),
        least_chunk: int | None = None,
        tells_progress: bool = True,
        mounts: bool = True,
    ) -> None:
        self.auth = auth
        self.referrers = referrers
        self.anonymous_pull = anonymous_pull
        self.token_seconds = token_seconds
        self.page = page
        self.largest_body = largest_body
        self.least_chunk = least_chunk
        self.tells_progress = tells_progress
        self.mounts = mounts
        self.faults = Faults()
        self.requests: list[Request] = []
        self.repositories: dict[str, Repository] = {}
        self.tokens: dict[str, set[str]] = {}
        self.uploads: dict[str, Upload] = {}
        self.received = 0  # bytes of blobs that came in
        self.sent = 0  # bytes of blobs that went out
        self.lock = threading.RLock()
        registry = self

        class RegistryHandler(self.handler_class()):  # type: ignore[misc] # which one is for the subclass to say
            simulator = registry

        self._secure = tls is not None
        self._server = _Server(("127.0.0.1", 0), RegistryHandler)
        if tls is not None:
            # The handshake belongs to the connection's own thread: one that fails must not stop the others.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @classmethod
    def handler_class(cls) -> type[Handler]:
        """Give what answers the requests; a subclass may answer some otherwise."""
        return Handler

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def origin(self) -> str:
        return f"{'https' if self._secure else 'http'}://{self.host}"

    def repository(self, name: str) -> Repository:
        with self.lock:
            return self.repositories.setdefault(name, Repository())

    def login(self) -> dict[str, str]:
        """Give an environment whose credentials are right."""
        return {"REMOTEMEDIA_USERNAME": USERNAME, "REMOTEMEDIA_PASSWORD": PASSWORD}

    @staticmethod
    def digest_of(data: bytes | bytearray) -> str:
        return f"sha256:{hashlib.sha256(data).hexdigest()}"

    def log(self, method: str, path: str, headers: Mapping[str, str], certificate: object) -> None:
        """Remember a request."""
        with self.lock:
            self.requests.append(Request(method, path, headers, certificate))

    def expire_tokens(self) -> None:
        """Let no token that was given be good any more."""
        self.tokens.clear()

    def paths(self, method: str) -> list[str]:
        """Give the paths asked for with a method."""
        return [request.path for request in self.requests if request.method == method]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: connections and handshakes that fail are what is tested."""
