"""What Sigstore's client asks of its services goes by our own network: `govern(context, network)`.

It makes its HTTP sessions itself, and takes none as an argument. They are taken hold of by names that it keeps to
itself: a version that has other names is refused, rather than left to ask as it likes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from remotemedia.errors import TrustError
from remotemedia.runtime._service import Service

if TYPE_CHECKING:
    from sigstore.sign import SigningContext

    from remotemedia.runtime.network import Network

__all__ = ["govern", "refused"]


def govern(context: SigningContext, network: Network) -> None:
    """Let what a context asks of its certificate authority, log and timestamp authorities go by our network.

    Its clients have a session for each thread: call this in the one that signs.

    Raises:
        TrustError: RM506, an address is none.
        AttributeError: this version of the client keeps its sessions elsewhere.
    """
    for url, session in _sessions(context):
        adapter = _Adapter(Service(network, url, failed=_failed))
        session.trust_env = False  # what the environment says of proxies and authorities, our network knows
        session.adapters.clear()
        session.mount("https://", adapter)
        session.mount("http://", adapter)


def refused(message: str, hint: str | None) -> TrustError:
    """Make the error for a keyless signature that is not to be had."""
    return TrustError(message, code="RM506", hint=hint)


def _failed(why: str, hint: str | None) -> TrustError:
    return refused(f"expected a keyless signature: {why}", hint or "check the instance, the network and the proxy")


def _sessions(context: SigningContext) -> Iterator[tuple[str, requests.Session]]:
    inside: Any = context
    yield inside._fulcio.url, inside._fulcio.session  # noqa: SLF001 - as the module says
    for client in (inside._rekor, *inside._tsa_clients):  # noqa: SLF001
        yield client.url, client._session  # noqa: SLF001


class _Adapter(BaseAdapter):
    """Sends the requests of a session to its service."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        method, url = request.method or "GET", request.url or ""
        # A compressed answer would be read as it is.
        headers = {name: str(value) for name, value in request.headers.items() if name.lower() != "accept-encoding"}
        body: Any = request.body  # text or bytes: nothing here is streamed
        body = body.encode() if isinstance(body, str) else body
        # Once: a log that has an entry refuses it the second time.
        answer = self._service.ask(method, url, headers=headers, body=body, attempts=1)
        response = requests.Response()
        response.status_code, response.reason = answer.status, answer.reason
        response.headers = CaseInsensitiveDict(answer.headers)
        response.raw = io.BytesIO(answer.data)
        response.url, response.request = url, request
        return response

    def close(self) -> None:
        """Leave the connections to the service."""
