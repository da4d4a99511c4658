"""An OCI registry in this process: distribution-spec 1.1 over real HTTP on loopback, which misbehaves on request.

    with RegistrySimulator(auth="token") as registry:
        HttpRegistry(registry.host, "voice/tts", environ=registry.login())
        registry.faults.unavailable = 2

Everything is kept in memory; `requests` logs what came in.
"""

import array
import base64
import fcntl
import hashlib
import json
import re
import secrets
import socket
import ssl
import struct
import termios
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from tests.simulators import uploads

Auth = Literal["none", "basic", "token"]

INDEX = "application/vnd.oci.image.index.v1+json"
USERNAME = "ann"
PASSWORD = "correct horse"  # noqa: S105 - the simulator's own
IDENTITY_TOKEN = "identity-of-ann"  # noqa: S105 - the same

_PATH = re.compile(
    r"/v2/(?P<name>.+?)/(?P<kind>manifests|blobs/uploads|blobs|referrers|tags)/(?P<last>[^/]*)", re.ASCII
)


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
class Faults:
    """What goes wrong, until it is set back; counters count down."""

    tampered: set[str] = field(default_factory=set)  # digests of blobs or manifests sent with a byte changed
    extra_length: dict[str, int] = field(default_factory=dict)  # digest of a blob: added to its Content-Length
    unavailable: int = 0  # so many requests are answered 503
    retry_after: str | None = "0"
    resets: dict[str, list[int]] = field(default_factory=dict)  # digest of a blob: cut off after so many bytes
    refuses_digests: bool = False  # every upload is said to have the wrong digest
    upload_cuts: list[int] = field(default_factory=list)  # uploads are cut off after so many bytes, one by one
    blobs_at: str | None = None  # origin that blob downloads are redirected to
    ignores_range: bool = False
    refuses_range: bool = False  # 416 to every range
    longest_range: int | None = None  # a range is answered with so many bytes at most
    wrong_range: str | None = None  # `Content-Range` of every range
    drips: float | None = None  # blobs come byte by byte, with so many seconds between
    silent: threading.Event | None = None  # answers to blobs go on only after this,
    silent_after: int | None = None  # and stop after so many bytes; None says before they begin
    tokens_end_before: str | None = None  # no token is good any more at the first request of this method
    endless_token: bool = False  # the token server's tokens are never accepted
    wrong_page: str | None = None  # body of the referrers answer
    forgets_referrers: int = 0  # so many writes of a fallback tag are lost, as in a race


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
        self.uploads: dict[str, bytearray] = {}
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
    def handler_class(cls) -> "type[Handler]":
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
    def digest_of(data: bytes) -> str:
        return _digest(data)

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


class Handler(BaseHTTPRequestHandler):
    """One connection."""

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
        with self.simulator.lock:
            shown = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
            self.simulator.requests.append(Request(self.command, self.path, headers, shown or None))
        self.unread = int(self.headers.get("Content-Length", "0"))
        with suppress(ConnectionError):
            self._route()

    def _route(self) -> None:
        url = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/token":
            self._token()
            return
        if url.path == "/v2/":
            self._base()
            return
        match = _PATH.fullmatch(url.path)
        if match is None:
            self.error(404, "NAME_UNKNOWN")
            return
        self.name, kind, self.last = match["name"], match["kind"], match["last"]
        if self.simulator.faults.tokens_end_before == self.command:
            self.simulator.faults.tokens_end_before = None
            self.simulator.expire_tokens()
        if self._is_unavailable() or not self._is_authorized():
            return
        handlers = {
            ("GET", "manifests"): self._get_manifest,
            ("HEAD", "manifests"): self._get_manifest,
            ("PUT", "manifests"): self._put_manifest,
            ("GET", "blobs"): self._get_blob,
            ("HEAD", "blobs"): self._get_blob,
            ("POST", "blobs/uploads"): lambda: uploads.start(self),
            ("GET", "blobs/uploads"): lambda: uploads.tell(self),
            ("PATCH", "blobs/uploads"): lambda: uploads.append(self),
            ("PUT", "blobs/uploads"): lambda: uploads.finish(self),
            ("GET", "referrers"): self._get_referrers,
            ("GET", "tags"): self._get_tags,
        }
        handler = handlers.get((self.command, kind))
        if handler is None:
            self.error(405, "UNSUPPORTED")
        else:
            handler()

    # Answers

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status: int, code: str, **headers: str) -> None:
        body = json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}).encode()
        self._discard_body()
        self.answer(status, body, Content_Type="application/json", **headers)

    def read_body(self) -> bytes:
        """Read the body, once."""
        length, self.unread = self.unread, 0
        return self.rfile.read(length)

    def _discard_body(self) -> None:
        self.read_body()

    def _is_unavailable(self) -> bool:
        faults = self.simulator.faults
        with self.simulator.lock:
            if faults.unavailable <= 0:
                return False
            faults.unavailable -= 1
        headers = {} if faults.retry_after is None else {"Retry_After": faults.retry_after}
        self.error(503, "UNAVAILABLE", **headers)
        return True

    # Login

    def _is_authorized(self) -> bool:
        simulator = self.simulator
        action = "pull" if self.command in {"GET", "HEAD"} else "push"
        given = self.headers.get("Authorization", "")
        if simulator.auth == "none":
            return True
        if simulator.auth == "basic":
            if given == _basic(USERNAME, PASSWORD) or (simulator.anonymous_pull and action == "pull"):
                return True
            self.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="simulator"')
            return False
        if f"repository:{self.name}:{action}" in simulator.tokens.get(given.removeprefix("Bearer "), set()):
            return True
        scope = f"repository:{self.name}:{'pull' if action == 'pull' else 'pull,push'}"
        challenge = f'Bearer realm="{simulator.origin}/token",service="simulator",scope="{scope}"'
        self.error(401, "UNAUTHORIZED", WWW_Authenticate=challenge)
        return False

    def _base(self) -> None:
        """Answer whether the caller is known at all (distribution-spec, "Determining Support")."""
        simulator = self.simulator
        given = self.headers.get("Authorization", "")
        if simulator.auth == "basic" and given != _basic(USERNAME, PASSWORD):
            self.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="simulator"')
        elif simulator.auth == "token" and given.removeprefix("Bearer ") not in simulator.tokens:
            challenge = f'Bearer realm="{simulator.origin}/token",service="simulator"'
            self.error(401, "UNAUTHORIZED", WWW_Authenticate=challenge)
        else:
            self.answer(200, b"{}", Content_Type="application/json")

    def _token(self) -> None:
        simulator = self.simulator
        scopes = self.query.get("scope", "").split()
        if self.command == "POST":
            form = parse_qs(self.read_body().decode())
            scopes = form.get("scope", [""])[0].split()
            known = form.get("refresh_token") == [IDENTITY_TOKEN]
        else:
            given = self.headers.get("Authorization")
            known = given == _basic(USERNAME, PASSWORD)
            if given is not None and not known:
                self.error(401, "UNAUTHORIZED")
                return
        actions = ("pull", "push") if known else (("pull",) if simulator.anonymous_pull else ())
        granted = {
            f"{scope.rpartition(':')[0]}:{action}"
            for scope in scopes
            for action in scope.rpartition(":")[2].split(",")
            if action in actions
        }
        token = secrets.token_hex(16)
        if not simulator.faults.endless_token:
            simulator.tokens[token] = granted
        body = json.dumps({"token": token, "expires_in": simulator.token_seconds}).encode()
        self.answer(200, body, Content_Type="application/json")

    # Manifests

    def _get_manifest(self) -> None:
        repository = self.simulator.repository(self.name)
        digest = self.last if ":" in self.last else repository.tags.get(self.last, "")
        if digest not in repository.manifests:
            self.error(404, "MANIFEST_UNKNOWN")
            return
        media_type, raw = repository.manifests[digest]
        self.answer(200, self._tampered(digest, raw), Content_Type=media_type, Docker_Content_Digest=digest)

    def _put_manifest(self) -> None:
        simulator = self.simulator
        raw = self.read_body()
        digest = _digest(raw)
        repository = simulator.repository(self.name)
        document = json.loads(raw)
        missing = [
            blob["digest"]
            for blob in [document.get("config"), *document.get("layers", [])]
            if blob and blob["digest"] not in repository.blobs
        ]
        if missing:
            self.error(404, "MANIFEST_BLOB_UNKNOWN")
            return
        with simulator.lock:
            repository.manifests[digest] = (self.headers["Content-Type"], raw)
            forgotten = self.last.startswith("sha256-") and simulator.faults.forgets_referrers > 0
            if forgotten:
                simulator.faults.forgets_referrers -= 1
            elif ":" not in self.last:
                repository.tags[self.last] = digest
        headers = {}
        if simulator.referrers and "subject" in document:
            headers["OCI_Subject"] = document["subject"]["digest"]
        self.answer(201, Location=f"/v2/{self.name}/manifests/{digest}", Docker_Content_Digest=digest, **headers)

    def _get_referrers(self) -> None:
        simulator = self.simulator
        if simulator.faults.wrong_page is not None:
            self.answer(200, simulator.faults.wrong_page.encode(), Content_Type=INDEX)
            return
        if not simulator.referrers:
            self.error(404, "NOT_FOUND")
            return
        entries = []
        for digest, (media_type, raw) in sorted(simulator.repository(self.name).manifests.items()):
            document = json.loads(raw)
            if document.get("subject", {}).get("digest") == self.last:
                entries.append(_listed(digest, media_type, raw, document))
        body_of: Any = lambda page: {"schemaVersion": 2, "mediaType": INDEX, "manifests": page}  # noqa: E731 - a shape
        self._answer_page(entries, body_of, INDEX)

    def _get_tags(self) -> None:
        repository = self.simulator.repository(self.name)
        if not repository.tags:
            self.error(404, "NAME_UNKNOWN")
            return
        self._answer_page(sorted(repository.tags), lambda page: {"name": self.name, "tags": page}, "application/json")

    def _answer_page(self, entries: list[Any], body_of: Any, media_type: str) -> None:
        start = int(self.query.get("start", "0"))
        end = start + self.simulator.page
        headers = {}
        if end < len(entries):
            headers["Link"] = f'<{urlsplit(self.path).path}?start={end}>; rel="next"'
        body = json.dumps(body_of(entries[start:end])).encode()
        self.answer(200, body, Content_Type=media_type, **headers)

    # Blobs

    def _get_blob(self) -> None:
        faults = self.simulator.faults
        data = self.simulator.repository(self.name).blobs.get(self.last)
        if data is None:
            self.error(404, "BLOB_UNKNOWN")
            return
        if faults.blobs_at is not None and self.command == "GET":
            self.answer(307, Location=f"{faults.blobs_at}{self.path}")
            return
        if faults.silent is not None and faults.silent_after is None and self.command == "GET":
            faults.silent.wait(10)
        data = self._tampered(self.last, data)
        start, end = 0, len(data)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        headers = {"Content_Type": "application/octet-stream", "Docker_Content_Digest": self.last}
        if asked is not None and faults.refuses_range:
            self.error(416, "RANGE_INVALID")
            return
        if ranged := asked is not None and not faults.ignores_range:
            start = int(asked[1])
            end = min(int(asked[2] or end) + 1, end, start + (faults.longest_range or end))
            headers["Content_Range"] = (
                f"bytes {start}-{end - 1}/{len(data)}" if faults.wrong_range is None else faults.wrong_range
            )
        headers["Content_Length"] = str(end - start + faults.extra_length.get(self.last, 0))
        cuts = faults.resets.get(self.last)
        cut = cuts.pop(0) if cuts and self.command == "GET" else None
        self._give(206 if ranged else 200, data[start:end][:cut], headers)
        if cut is not None:
            self.reset()
        self.close_connection = self.close_connection or self.last in faults.extra_length

    def _give(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        """Send a blob, and count what was sent."""
        faults = self.simulator.faults
        self.answer(status, b"", **headers)
        if self.command == "HEAD":
            return
        if faults.drips is not None:
            for byte in data:
                self.wfile.write(bytes([byte]))
                time.sleep(faults.drips)
        silence, first = faults.silent, faults.silent_after
        if silence is not None and first is not None and len(data) > first:
            self._count(data[:first])
            silence.wait(10)
            data = data[first:]
        self._count(data)

    def _count(self, data: bytes) -> None:
        self.wfile.write(data)
        with self.simulator.lock:
            self.simulator.sent += len(data)

    def _tampered(self, digest: str, data: bytes) -> bytes:
        if digest not in self.simulator.faults.tampered:
            return data
        return data[:-1] + bytes([data[-1] ^ 1])

    def reset(self) -> None:
        """End the connection with a reset rather than an orderly end, once the other side has got what was sent."""
        self.wfile.flush()
        waiting = array.array("i", [1])
        while waiting[0]:
            fcntl.ioctl(self.connection, termios.TIOCOUTQ, waiting)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _listed(digest: str, media_type: str, raw: bytes, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "mediaType": media_type,
        "digest": digest,
        "size": len(raw),
        "artifactType": document.get("artifactType") or document["config"]["mediaType"],
        "annotations": document.get("annotations", {}),
    }
