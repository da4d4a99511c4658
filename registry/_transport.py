"""One HTTP exchange: where it may go, how long it may take, and what it must not carry elsewhere."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from remotemedia.errors import RegistryError
from remotemedia.registry._digest import CHUNK_BYTES
from remotemedia.registry._retry import TransientError

Response = urllib3.BaseHTTPResponse

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_CONNECT_SECONDS = 10.0
_STALL_SECONDS = 30.0  # between two reads; there is no bound on the whole, large models take their time
_MAX_DISCARDED_BYTES = 64 << 10
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port: credentials never leave them."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """Take a URL's origin; raises `RegistryError` RM406 for what is not HTTP."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as exc:
            raise _not_allowed(f"expected a URL, got `{url[:200]}`") from exc
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None:
            raise _not_allowed(f"expected an `https` URL, got `{url[:200]}`")
        return cls(parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme])


def is_loopback(host: str) -> bool:
    """Say whether the host (without port) is this machine."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Transport:
    """Sends requests for one registry.

    Args:
        secure: the registry is spoken to by `https`: it cannot send us on to plain HTTP.
        plain_http: allow plain HTTP to other machines than this one.
        offline: open no socket at all.
        environ: where proxies are named.
    """

    def __init__(self, *, secure: bool, plain_http: bool, offline: bool, environ: Mapping[str, str]) -> None:
        self._secure = secure
        self._plain_http = plain_http
        self._offline = offline
        self._environ = environ
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        authorization: str | None = None,
        body: bytes | Iterable[bytes] | None = None,
    ) -> Response:
        """Send one request; GET and HEAD follow redirects, and `authorization` stays with the first origin.

        The body of the answer is not read yet. Raises `RegistryError` RM404, RM406, RM407, or `TransientError`.
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
            url = urljoin(url, location)
        raise _not_allowed(f"expected at most {_MAX_REDIRECTS} redirects from `{first.host}`")

    def _exchange(
        self, method: str, url: str, origin: Origin, headers: Mapping[str, str], body: bytes | Iterable[bytes] | None
    ) -> Response:
        if self._offline:
            raise RegistryError(
                f"expected no use of the network, but `{origin.host}` is needed",
                code="RM407",
                hint="pull the package once without `--offline`",
                host=origin.host,
            )
        if origin.scheme == "http" and (self._secure or not (self._plain_http or is_loopback(origin.host))):
            raise _not_allowed(f"expected `https`, got `{url[:200]}`")
        with converted(origin.host):
            return self._pool(origin).request(
                method,
                url,
                headers={"Accept-Encoding": "identity", "User-Agent": "remotemedia", **headers},
                body=body,
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_STALL_SECONDS),
            )

    def _pool(self, origin: Origin) -> urllib3.PoolManager:
        proxy = self._proxy(origin)
        if proxy not in self._pools:
            self._pools[proxy] = (
                urllib3.PoolManager(blocksize=CHUNK_BYTES)
                if proxy is None
                else urllib3.ProxyManager(proxy, blocksize=CHUNK_BYTES)
            )
        return self._pools[proxy]

    def _proxy(self, origin: Origin) -> str | None:
        """Read `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case; this machine is never asked by proxy."""
        name = f"{origin.scheme}_proxy"
        proxy = self._environ.get(name) or self._environ.get(name.upper())
        if not proxy or is_loopback(origin.host):
            return None
        exceptions = self._environ.get("no_proxy") or self._environ.get("NO_PROXY") or ""
        return None if _is_excepted(origin.host, exceptions) else proxy


def _is_excepted(host: str, exceptions: str) -> bool:
    """Say whether `NO_PROXY` names the host: `*`, the name itself, or a domain it is in."""
    names = [name.strip().lstrip(".").lower() for name in exceptions.split(",")]
    return any(name in {"*", host} or (name and host.endswith(f".{name}")) for name in names)


class converted:  # noqa: N801 - reads as a verb: `with converted(host)`
    """Turn urllib3's exceptions into ours: what may pass into `TransientError`, the rest into RM404."""

    def __init__(self, host: str) -> None:
        self._host = host

    def __enter__(self) -> None:
        """Start to watch."""

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: object) -> None:
        """Convert what was raised."""
        if isinstance(exc, (ProtocolError, ReadTimeoutError)) and not isinstance(exc, (NewConnectionError, ProxyError)):
            raise TransientError(_unreachable(self._host, exc)) from exc
        if isinstance(exc, (HTTPError, OSError)):
            raise _unreachable(self._host, exc) from exc


def read_bounded(response: Response, host: str, limit: int) -> bytes:
    """Read a whole body of at most `limit` bytes; raises `RegistryError` RM406 if there is more."""
    with converted(host):
        data = response.read(limit + 1)
        while len(data) <= limit and (more := response.read(limit + 1 - len(data))):
            data += more
        if len(data) > limit:
            response.close()
            raise _not_allowed(f"expected at most {limit} bytes from `{host}`")
        response.release_conn()
    return data


def discard(response: Response) -> None:
    """Be done with an answer; the connection is kept for the next request only if little is left to read."""
    try:
        if len(response.read(_MAX_DISCARDED_BYTES + 1)) <= _MAX_DISCARDED_BYTES:
            response.release_conn()
            return
    except (HTTPError, OSError):
        pass  # what is thrown away need not arrive
    response.close()


def stream(response: Response, host: str) -> Iterator[bytes]:
    """Give a body in chunks as they come from the socket."""
    try:
        with converted(host):
            # As much as has come, so that a connection that is lost loses nothing that was received.
            while chunk := response.read1(CHUNK_BYTES):
                yield chunk
    finally:
        response.close()


def _unreachable(host: str, exc: BaseException) -> RegistryError:
    return RegistryError(
        f"registry `{host}` cannot be reached: {_cause(exc)}",
        code="RM404",
        hint="check host, network and proxy; a cached package still runs with `--offline`, "
        "and a pipeline's own source runs without a registry",
        host=host,
    )


def _cause(exc: BaseException) -> str:
    """Say in a few words what happened; urllib3's own messages show objects' addresses."""
    root: BaseException = exc
    while (inner := root.__cause__ or root.__context__) is not None and not isinstance(root, OSError):
        root = inner
    if isinstance(exc, SSLError):
        return f"TLS failed ({root})"
    if isinstance(exc, (ConnectTimeoutError, ReadTimeoutError)) and not isinstance(exc, NewConnectionError):
        return "it did not answer in time"
    if isinstance(exc, LocationParseError):
        return "this is not a host name"
    if isinstance(root, OSError) and root.strerror:
        return root.strerror.lower()
    return "the connection was lost" if isinstance(exc, ProtocolError) else type(exc).__name__


def _not_allowed(message: str) -> RegistryError:
    return RegistryError(message, code="RM406", hint="the registry, or a proxy before it, is at fault")
