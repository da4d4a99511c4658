"""One HTTP exchange: where it may go, how long it may take, and what it must not carry elsewhere."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from remotemedia.errors import RegistryError
from remotemedia.registry._connections import with_patience
from remotemedia.registry._digest import CHUNK_BYTES
from remotemedia.registry._extent import Extent
from remotemedia.registry._lost import converted, too_slow
from remotemedia.registry._tls import TlsOptions

Response = urllib3.BaseHTTPResponse
Body = bytes | Iterable[bytes | Extent]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_MAX_DISCARDED_BYTES = 64 << 10
_DISCARD_SECONDS = 1.0
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TLS_CHUNK_BYTES = 256 << 10
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
            raise _not_allowed(f"expected a URL, got `{url[:200]}`") from exc
        if parts.scheme not in _DEFAULT_PORTS or not parts.host or parts.auth is not None:
            raise _not_allowed(f"expected an `https` URL, got `{url[:200]}`")
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
        raise _not_allowed(f"expected a URL, got `{location[:200]}`") from exc


def is_loopback(host: str) -> bool:
    """Say whether the host (without port) is this machine."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def scheme_of(host: str, *, plain_http: bool, tls: TlsOptions | None) -> str:
    """Say how to speak with `HOST[:PORT]`: `https`; `http` when asked, or on this machine if nothing is said of TLS."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    return "http" if plain_http or (is_loopback(name) and tls in {None, TlsOptions()}) else "https"


def _is_inside(host: str) -> bool:
    """Say whether a host is this machine, or one that only this machine sees: nobody outside may send us there.

    In every spelling that a resolver takes for an address; what names resolve to is not asked.
    """
    name = host.rstrip(".")
    address = _address(name)
    if address is None:
        return is_loopback(name)
    return address.is_loopback or address.is_link_local or address.is_unspecified


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address, also as `127.1` or `0x7f000001` (inet_aton(3)) and IPv4 within IPv6 (RFC 4291, 2.5.5)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    return getattr(address, "ipv4_mapped", None) or address


class Transport:
    """Sends requests for one registry; several threads may do so at once.

    Args:
        home: the registry's own origin. If it is `https`, nobody sends us on to plain HTTP; only it, and other ports
            of its host, see the client certificate.
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
        self._plain_http = plain_http
        self._offline = offline
        self._environ = environ
        self._tls = tls or TlsOptions()
        self.timeouts = timeouts or Timeouts()
        self._pools: dict[tuple[str | None, bool | None], urllib3.PoolManager] = {}
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

        The body of the answer is not read yet. Raises `RegistryError` RM404, RM406, RM407, RM409, RM410, RM411, or
        `TransientError`.
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
        try:
            with converted(host):
                while chunk := _next(response):
                    yield chunk
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
                f"expected no use of the network, but `{origin.host}` is needed",
                code="RM407",
                hint="pull the package once without `--offline`",
                host=origin.host,
            )
        if _is_inside(origin.host) and not _is_inside(self._home.host):
            raise _not_allowed(f"expected a public address, got `{url[:200]}`")
        secure = self._home.scheme == "https"
        if origin.scheme == "http" and (secure or not (self._plain_http or is_loopback(origin.host))):
            raise _not_allowed(f"expected `https`, got `{url[:200]}`")
        # A server that takes an upload may need long to say so; any other answer must begin soon.
        patience = self.timeouts.commit if method == "PUT" else self.timeouts.stall
        with converted(origin.host, known=origin in self._answered):
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
        proxy = self._proxy(origin)
        as_client = origin.host == self._home.host if origin.scheme == "https" else None
        if (proxy, as_client) not in self._pools:
            context = self._tls.context(as_client=as_client) if as_client is not None else None
            self._pools[proxy, as_client] = with_patience(
                urllib3.PoolManager(maxsize=_CONNECTIONS, blocksize=CHUNK_BYTES, ssl_context=context)
                if proxy is None
                else urllib3.ProxyManager(
                    proxy,
                    maxsize=_CONNECTIONS,
                    blocksize=CHUNK_BYTES,
                    ssl_context=context,
                    proxy_headers=_proxy_login(proxy),
                    proxy_ssl_context=self._tls.context(as_client=False) if proxy.startswith("https:") else None,
                )
            )
        return self._pools[proxy, as_client]

    def _proxy(self, origin: Origin) -> str | None:
        """Read `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case; this machine is never asked by proxy."""
        name = f"{origin.scheme}_proxy"
        proxy = self._environ.get(name) or self._environ.get(name.upper())
        if not proxy or is_loopback(origin.host):
            return None
        exceptions = self._environ.get("no_proxy") or self._environ.get("NO_PROXY") or ""
        if _is_excepted(origin, exceptions):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"


def _is_excepted(origin: Origin, exceptions: str) -> bool:
    """Say whether `NO_PROXY` names the host: `*`, the name itself (with or without port), or a domain it is in."""
    names = [name.strip().lstrip(".").lower() for name in exceptions.split(",")]
    host = origin.host
    return any(name in {"*", host, f"{host}:{origin.port}"} or (name and host.endswith(f".{name}")) for name in names)


def _proxy_login(proxy: str) -> Mapping[str, str]:
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return urllib3.make_headers(proxy_basic_auth=login)


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


def _next(response: Response) -> bytes:
    """Give what has come, so that a connection that is lost loses nothing that was received.

    TLS comes in records of 16 KiB, each of which would cost as much as handling a MiB: there some are waited for.
    """
    if isinstance(getattr(response.connection, "sock", None), ssl.SSLSocket):
        return response.read(_TLS_CHUNK_BYTES)
    return response.read1(CHUNK_BYTES)


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
