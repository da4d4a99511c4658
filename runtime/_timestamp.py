"""A proven time for a signature: an exchange with a timestamp authority (RFC 3161, over HTTP as in its section 3.4).

    timestamp = TimestampClient("https://timestamps.example/tsr", Network())
    bundle = sign_statement(signer, digest, SIGNATURE_PREDICATE, {}, timestamp=timestamp)

What comes back is checked for being an answer to what was asked; whether its signer is trusted is for whoever verifies.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from remotemedia.errors import TrustError
from remotemedia.registry import shown_url

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

    from remotemedia.runtime.network import Network

__all__ = ["TimestampClient"]

_REQUEST: Final = "application/timestamp-query"
_RESPONSE: Final = "application/timestamp-reply"
_MAX_RESPONSE: Final = 64 << 10  # with the authority's certificates some 6 KiB
_OK: Final = 200
_GRANTED: Final = (0, 1)  # RFC 3161, section 2.4.2: granted, granted with modifications


class TimestampClient:
    """Asks one authority for timestamps; call it with a signature.

    Args:
        url: of the authority.
        network: how it is reached; it must not be offline.

    Raises:
        TrustError: RM520, the network may not be used; RM519 whatever else fails, here or when it is called.
    """

    def __init__(self, url: str, network: Network) -> None:
        self._url = url
        network.check_signing(
            f"a timestamp from `{shown_url(url)}`",
            "sign without `--timestamp-url`, and without one in the configuration",
        )
        from remotemedia.runtime._service import Service  # noqa: PLC0415 - importing it opens a socket

        # The answer is signed and names what was asked, so that http, which most authorities speak, takes nothing away.
        self._service = Service(network, url, failed=self._failed, plain_http=True, limit=_MAX_RESPONSE)

    def __call__(self, signature: bytes, /) -> bytes:
        """Return the DER of a `TimeStampResp` over SHA-256 of the signature."""
        request = TimestampRequestBuilder().data(signature).hash_algorithm(HashAlgorithm.SHA256).build()
        body = request.as_bytes()
        headers = {"Content-Type": _REQUEST, "Accept": _RESPONSE, "Content-Length": str(len(body))}
        answer = self._service.ask("POST", self._url, headers=headers, body=body)
        if answer.status != _OK:
            raise self._failed(f"expected the status {_OK}, got {answer.status}")
        self._check(answer.data, request, hashlib.sha256(signature).digest())
        return answer.data

    def _check(self, data: bytes, request: TimeStampRequest, imprint: bytes) -> None:
        response = self._decoded(data)
        if response.status not in _GRANTED:
            raise self._failed(f"expected it to be granted, got the status {response.status}")
        try:
            info = response.tst_info
            got = info.message_imprint.message
            nonce = info.nonce
        except ValueError as error:
            raise self._failed(f"the answer holds no timestamp ({error})") from error
        if got != imprint:
            raise self._failed("it is for another signature")
        if nonce != request.nonce:
            raise self._failed("it is the answer to another request")

    def _decoded(self, data: bytes) -> TimeStampResponse:
        try:
            return decode_timestamp_response(data)
        except ValueError as error:
            raise self._failed(f"expected a `TimeStampResp` (RFC 3161), got {len(data)} other bytes") from error

    def _failed(self, why: str, hint: str | None = None) -> TrustError:
        return TrustError(
            f"expected a timestamp from `{shown_url(self._url)}`: {why}",
            code="RM519",
            hint=hint or "check the address; without `--timestamp-url` the signature carries no proven time",
            url=shown_url(self._url),
        )
