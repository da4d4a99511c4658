"""A service that is no registry, asked by the same rules: proxies, authorities, client certificate, timeouts.

network.check_signing("a timestamp", hint="sign without one")
service = Service(network, "https://timestamps.example/tsr", failed=my_error)
answer = service.ask("POST", "https://timestamps.example/tsr", headers={…}, body=request)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from remotemedia.errors import RegistryError, TrustError
from remotemedia.registry import Origin, RetryPolicy, Transport, read_bounded, retrying

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

__all__ = ["Answer", "Service"]

_MAX_ANSWER: Final = 4 << 20
# A proxy, a file of certificates or a certificate: what is to be done about it is the same whoever is asked.
_OURS: Final = frozenset({"RM409", "RM410", "RM411", "RM415"})


@dataclass(frozen=True)
class Answer:
    """What a service said: status, reason, headers and the whole body."""

    status: int
    reason: str
    headers: Mapping[str, str]
    data: bytes


class Service:
    """Asks one service.

    Args:
        network: how it is reached.
        url: of the service; only its host sees the client certificate, and it sends us to nobody who is nearer.
        failed: makes an error of why there is no answer, and of the remedy if it is one of the network's own.
        plain_http: it may be another machine's and speak http, whatever the user said of registries.
        limit: bytes of an answer at most.

    Raises:
        TrustError: what `failed` makes, the address is none.
    """

    def __init__(
        self,
        network: Network,
        url: str,
        *,
        failed: Callable[[str, str | None], TrustError],
        plain_http: bool = False,
        limit: int = _MAX_ANSWER,
    ) -> None:
        self._failed = failed
        self._limit = limit
        try:
            self._transport = Transport(
                Origin.of(url),
                plain_http=plain_http or network.plain_http,
                offline=network.offline,
                environ=network.environ,
                tls=network.tls,
            )
        except RegistryError as error:
            raise self._error(error) from error

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        authorization: str | None = None,
        body: bytes | None = None,
        attempts: int = 3,
    ) -> Answer:
        """Send a request, again where a failure may pass, and read the answer, whatever its status.

        Args:
            method: GET follows redirects, others do not.
            url: of this service.
            headers: of the request.
            authorization: stays with the origin of the URL.
            body: of the request.
            attempts: how often it is sent at most.

        Raises:
            TrustError: what `failed` makes.
        """

        def once() -> Answer:
            response = self._transport.send(method, url, headers=headers or {}, authorization=authorization, body=body)
            data = read_bounded(response, Origin.of(url).authority, self._limit)
            return Answer(response.status, response.reason or "", dict(response.headers), data)

        try:
            return retrying(RetryPolicy(attempts=attempts), once)
        except RegistryError as error:
            raise self._error(error) from error

    def _error(self, error: RegistryError) -> TrustError:
        hint = error.hint if error.code in _OURS else None
        return self._failed(error.message.replace("registry `", "`", 1), hint)
