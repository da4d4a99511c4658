"""A proven time for a signature: an exchange with a timestamp authority (RFC 3161, over HTTP as in its section 3.4).

    timestamp = TimestampClient("https://timestamps.example/tsr", Network())
    bundle = sign_statement(signer, digest, SIGNATURE_PREDICATE, {}, timestamp=timestamp)

What comes back is checked for being an answer to what was asked; whether its signer is trusted is for whoever verifies.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from remotemedia.errors import RegistryError, TrustError
from remotemedia.registry._retry import RetryPolicy, retrying
from remotemedia.registry._transport import Origin, Transport, read_bounded

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
    """Asks one authority for timestamps; call it with a signature. Every failure is a `TrustError` RM519."""

    def __init__(self, url: str, network: Network) -> None:
        self._url = url
        self._network = network

    def __call__(self, signature: bytes, /) -> bytes:
        """Return the DER of a `TimeStampResp` over SHA-256 of the signature."""
        request = TimestampRequestBuilder().data(signature).hash_algorithm(HashAlgorithm.SHA256).build()
        try:
            data = retrying(RetryPolicy(attempts=3), lambda: self._exchange(request.as_bytes()))
        except RegistryError as error:
            raise self._failed(error.message.removeprefix("registry ")) from error
        self._check(data, request, hashlib.sha256(signature).digest())
        return data

    def _exchange(self, request: bytes) -> bytes:
        # The answer is signed and names what was asked, so that http, which most authorities speak, takes nothing away.
        transport = Transport(
            Origin.of(self._url), plain_http=True, offline=self._network.offline, environ=self._network.environ
        )
        headers = {"Content-Type": _REQUEST, "Accept": _RESPONSE, "Content-Length": str(len(request))}
        response = transport.send("POST", self._url, headers=headers, body=request)
        data = read_bounded(response, Origin.of(self._url).host, _MAX_RESPONSE)
        if response.status != _OK:
            raise self._failed(f"expected the status {_OK}, got {response.status}")
        return data

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

    def _failed(self, why: str) -> TrustError:
        return TrustError(
            f"expected a timestamp from `{self._url}`: {why}",
            code="RM519",
            hint="check the address; without `--timestamp-url` the signature carries no proven time",
            url=self._url,
        )
