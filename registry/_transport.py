"""One HTTP exchange: where it may go, how long it may take, and what it must not carry elsewhere."""

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from remotemedia.errors import RegistryError
from remotemedia.registry._connections import equipped
from remotemedia.registry._digest import CHUNK_BYTES
from remotemedia.registry._extent import Extent
from remotemedia.registry._lost import converted, too_slow
from remotemedia.registry._proxies import Proxy, proxy_of
from remotemedia.registry._shown import shown_url
from remotemedia.registry._tls import TlsOptions
from remotemedia.registry._zones import Standing, is_loopback

Response = urllib3.BaseHTTPResponse
Body = bytes | Iterable[bytes | Extent]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_MAX_DISCARDED_BYTES = 64 << 10
_DISCARD_SECONDS = 1.0
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Of a body: what is done for each costs next to nothing where they are large. They are so only after much has come:
# whoever is killed loses what it has in memory, and that is to be little of it.
_PORTION_BYTES = 128 << 10
_MOST_PORTION_BYTES = 4 << 20
_PORTIONS = 64
_CONNECTIONS = 16  # kept open for each host: blobs and pieces of blobs move at the same time


@dataclass(frozen=True)
class Timeouts:
    """How long, in seconds, nothing may happen. Nothing bounds a whole transfer: large models take their time.

    Attributes:
        connect: until a connection stands; also until a piece of an upload is taken.
        stall: until an answer begins, and between two of its pieces.
        commit: until an upload that has arrived whole is answered: some registries hash it, or move it, only then.
        window: of a download's time; slower than `MIN_WINDOW_BYTES` in it counts as a stall, dripping or not.
    """

    connect: float = 10.0
    stall: float = 30.0
    commit: float = 300.0
    window: float = 60.0


MIN_WINDOW_BYTES = 64 << 10


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port: credentials never leave them."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """Take a URL's origin; raises `RegistryError` RM406 for what is not HTTP.

        It is read by those who will connect: another reader could see another host in it.
        """
        try:
            parts = parse_url(url)
        except ValueError as exc:
            raise _not_allowed(f"expected a URL, got `{shown_url(url)}`") from exc
        if parts.scheme not in _DEFAULT_PORTS or not parts.host:
            raise _not_allowed(f"expected an `https` URL, got `{shown_url(url)}`")
        if parts.auth is not None:
            raise _not_allowed(f"expected no user name or password in the URL `{shown_url(url)}`, got one")
        port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
        return cls(parts.scheme, parts.host.strip("[]"), port)

    @property
    def authority(self) -> str:
        """Host and port as a reference has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def joined(base: str, location: str) -> str:
    """Give the URL that a `Location` means (RFC 9110, section 10.2.2); raises `RegistryError` RM406 if it is none."""
    try:
        return urljoin(base, location)
    except ValueError as exc:
        raise _not_allowed(f"expected a URL, got `{shown_url(location)}`") from exc


class Transport:
    """Sends requests for one registry; several threads may do so at once.

    Args:
        home: the registry's own origin. If it is `https`, nobody sends us on to plain HTTP; nobody sends us to a host
            that is nearer than it; only it, and other ports of its host, see the client certificate.
        plain_http: allow plain HTTP to other machines than this one.
        offline: open no socket at all.
        environ: where proxies are named.
        tls: authorities and a client certificate.
        timeouts: when to give up.
    """

    def __init__(
        self,
        home: Origin,
        *,
        plain_http: bool = False,
        offline: bool = False,
        environ: Mapping[str, str],
        tls: TlsOptions | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._home = home
        self._standing = Standing(home.host)
        self._plain_http = plain_http
        self._offline = offline
        self._environ = environ
        self._tls = tls or TlsOptions()
        self.timeouts = timeouts or Timeouts()
        self._pools: dict[tuple[Proxy | None, bool | None], urllib3.PoolManager] = {}
        self._answered: set[Origin] = set()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        authorization: str | None = None,
        body: Body | None = None,
    ) -> Response:
        """Send one request; GET and HEAD follow redirects, and `authorization` stays with the first origin.

        The body of the answer is not read yet. Raises `RegistryError` RM404, RM406, RM407, RM409, RM410, RM411, RM415,
        or `TransientError`.
        """
        first = Origin.of(url)
        for _ in range(_MAX_REDIRECTS + 1):
            origin = Origin.of(url)
            sent = dict(headers)
            if authorization is not None and origin == first:
                sent["Authorization"] = authorization
            response = self._exchange(method, url, origin, sent, body)
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or method not in {"GET", "HEAD"} or location is None:
                return response
            discard(response)
            url = joined(url, location)
        raise _not_allowed(f"expected at most {_MAX_REDIRECTS} redirects from `{first.host}`")

    def stream(self, response: Response, host: str) -> Iterator[bytes]:
        """Give a body in chunks as they come from the socket; `TransientError` if it stalls or only drips."""
        began, received = time.monotonic(), 0
        come = 0
        try:
            with converted(host):
                while chunk := response.read1(min(max(come // _PORTIONS, _PORTION_BYTES), _MOST_PORTION_BYTES)):
                    yield chunk
                    come += len(chunk)
                    received += len(chunk)
                    if received >= MIN_WINDOW_BYTES:
                        began, received = time.monotonic(), 0
                    elif time.monotonic() - began > self.timeouts.window:
                        raise too_slow(host)
        finally:
            response.close()

    def _exchange(
        self,
        method: str,
        url: str,
        origin: Origin,
        headers: Mapping[str, str],
        body: Body | None,
    ) -> Response:
        if self._offline:
            raise RegistryError(
                f"expected no use of the network, but `{origin.authority}` is needed",
                code="RM407",
                hint="pull the package once without `--offline`",
                host=origin.authority,
            )
        self._standing.check_name(origin.host)
        secure = self._home.scheme == "https"
        if origin.scheme == "http" and (secure or not (self._plain_http or is_loopback(origin.host))):
            raise _not_allowed(f"expected `https`, got `{shown_url(url)}`")
        # A server that takes an upload may need long to say so; any other answer must begin soon.
        patience = self.timeouts.commit if method == "PUT" else self.timeouts.stall
        with converted(origin.authority, known=origin in self._answered):
            response = self._pool(origin).request(
                method,
                url,
                headers={"Accept-Encoding": "identity", "User-Agent": "remotemedia", **headers},
                body=body,  # type: ignore[arg-type] # our connections send extents too
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=self.timeouts.connect, read=patience),
            )
        self._answered.add(origin)
        return response

    def _pool(self, origin: Origin) -> urllib3.PoolManager:
        proxy = proxy_of(origin.scheme, origin.host, origin.port, self._environ)
        as_client = origin.host == self._home.host if origin.scheme == "https" else None
        if (proxy, as_client) not in self._pools:
            context = self._tls.context(as_client=as_client) if as_client is not None else None
            self._pools[proxy, as_client] = self._managed(proxy, context)
        return self._pools[proxy, as_client]

    def _managed(self, proxy: Proxy | None, context: ssl.SSLContext | None) -> urllib3.PoolManager:
        options: dict[str, Any] = {"maxsize": _CONNECTIONS, "blocksize": CHUNK_BYTES, "ssl_context": context}
        if proxy is None:
            return equipped(urllib3.PoolManager(**options), self._standing)
        if proxy.is_secure:
            options["proxy_ssl_context"] = self._tls.context(as_client=False)
        return equipped(proxy.manager(**options), None)


def read_bounded(response: Response, host: str, limit: int, seconds: float = Timeouts.window) -> bytes:
    """Read a whole body of at most `limit` bytes; raises `RegistryError` RM406 if there is more."""
    data = bytearray()
    deadline = time.monotonic() + seconds
    with converted(host):
        while len(data) <= limit and (more := response.read1(limit + 1 - len(data))):
            data += more
            if time.monotonic() > deadline:
                response.close()
                raise too_slow(host)
    if len(data) > limit:
        response.close()
        raise _not_allowed(f"expected at most {limit} bytes from `{host}`")
    response.release_conn()
    return bytes(data)


def discard(response: Response) -> None:
    """Be done with an answer; the connection is kept for the next request only if little is left to read, and soon."""
    left, deadline = _MAX_DISCARDED_BYTES, time.monotonic() + _DISCARD_SECONDS
    try:
        while left > 0 and time.monotonic() < deadline:
            data = response.read1(left)
            if not data:
                response.release_conn()
                return
            left -= len(data)
    except (HTTPError, OSError):
        pass  # what is thrown away need not arrive
    response.close()


def _not_allowed(message: str) -> RegistryError:
    return RegistryError(message, code="RM406", hint="the registry, or a proxy before it, is at fault")
