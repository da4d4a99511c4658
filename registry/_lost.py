"""What urllib3 raises, in our terms: a failure that may pass, or one that the user is told."""

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
from remotemedia.registry._retry import TransientError
from remotemedia.registry._tls import tls_failure


class converted:  # noqa: N801 - reads as a verb: `with converted(host)`
    """Turn urllib3's exceptions into ours: what may pass into `TransientError`, the rest into `RegistryError`.

    Args:
        host: whom the user is told of.
        known: it has answered before, so that a refused connection is worth another try: it may be starting again.
            A host that never answered is most likely misspelt, and the user should hear of it at once.
    """

    def __init__(self, host: str, *, known: bool = True) -> None:
        self._host = host
        self._known = known

    def __enter__(self) -> None:
        """Start to watch."""

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: object) -> None:
        """Convert what was raised."""
        if not isinstance(exc, (HTTPError, OSError)):
            return
        if isinstance(exc, SSLError) and (error := tls_failure(self._host, _root(exc))) is not None:
            raise error from exc
        if self._may_pass(exc):
            raise TransientError(_unreachable(self._host, exc)) from exc
        raise _unreachable(self._host, exc) from exc

    def _may_pass(self, exc: BaseException) -> bool:
        if isinstance(exc, (NewConnectionError, ProxyError, ConnectTimeoutError)):
            return self._known
        return isinstance(exc, (ProtocolError, ReadTimeoutError, SSLError))


def too_slow(host: str) -> TransientError:
    """Say that bytes come, but so few that it would never end."""
    return TransientError(_failure(host, "it sends next to nothing"))


def _unreachable(host: str, exc: BaseException) -> RegistryError:
    return _failure(host, _cause(exc))


def _failure(host: str, why: str) -> RegistryError:
    return RegistryError(
        f"registry `{host}` cannot be reached: {why}",
        code="RM404",
        hint="check host, network and proxy; a cached package still runs with `--offline`",
        host=host,
    )


def _root(exc: BaseException) -> BaseException:
    """Give what lies at the bottom: urllib3 hands its cause over as an argument, or raises while handling it."""
    while not isinstance(exc, OSError):
        inner = exc.__cause__ or exc.__context__ or next((one for one in exc.args if isinstance(one, Exception)), None)
        if inner is None:
            break
        exc = inner
    return exc


def _cause(exc: BaseException) -> str:
    """Say in a few words what happened; urllib3's own messages show objects' addresses."""
    root = _root(exc)
    if isinstance(exc, (ConnectTimeoutError, ReadTimeoutError)) and not isinstance(exc, NewConnectionError):
        return "it did not answer in time"
    if isinstance(exc, LocationParseError):
        return "this is not a host name"
    if isinstance(exc, ProxyError):
        return f"the proxy refused ({root.strerror.lower() if isinstance(root, OSError) and root.strerror else root})"
    if isinstance(root, OSError) and root.strerror:
        return root.strerror.lower()
    return "the connection was lost" if isinstance(exc, (ProtocolError, SSLError)) else type(exc).__name__
