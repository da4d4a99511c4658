"""The exchange with a timestamp authority over HTTP: what comes back is an answer to what was asked, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from remotemedia.errors import TrustError
from remotemedia.runtime._timestamp import TimestampClient
from remotemedia.runtime.network import Network
from tests.simulators.tsa import TimestampAuthority, TimestampServer

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def server() -> Iterator[TimestampServer]:
    with TimestampServer(TimestampAuthority()) as running:
        yield running


def refusal(server: TimestampServer, network: Network | None = None) -> TrustError:
    with pytest.raises(TrustError) as caught:
        TimestampClient(server.url, network or Network())(b"signature")
    assert caught.value.code == "RM519"
    return caught.value


def test_a_timestamp_is_had_and_verifies(server: TimestampServer) -> None:
    server.authority.now = datetime(2024, 2, 29, 12, tzinfo=UTC)
    response = decode_timestamp_response(TimestampClient(server.url, Network())(b"signature"))
    assert response.tst_info.gen_time == datetime(2024, 2, 29, 12, tzinfo=UTC)
    verifier = VerifierBuilder().add_root_certificate(server.authority.root).build()
    assert verifier.verify_message(response, b"signature")


def test_each_request_is_another(server: TimestampServer) -> None:
    client = TimestampClient(server.url, Network())
    client(b"signature")
    client(b"signature")
    assert len(set(server.requests)) == 2


def test_a_refusal_is_told(server: TimestampServer) -> None:
    server.authority.refuse = True
    assert "expected it to be granted, got the status 2" in refusal(server).message


def test_an_answer_about_another_signature_is_refused(server: TimestampServer) -> None:
    server.authority.other_imprint = True
    assert "it is for another signature" in refusal(server).message


def test_an_answer_to_another_request_is_refused(server: TimestampServer) -> None:
    server.authority.other_nonce = True
    assert "it is the answer to another request" in refusal(server).message


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x30\x03\x02\x01", bytes(60_000)])
def test_something_else_is_refused(server: TimestampServer, body: bytes) -> None:
    server.body = body
    assert "expected a `TimeStampResp` (RFC 3161)" in refusal(server).message


def test_an_answer_is_bounded(server: TimestampServer) -> None:
    server.body = bytes((64 << 10) + 1)
    assert "at most 65536 bytes" in refusal(server).message


def test_an_error_status_is_told(server: TimestampServer) -> None:
    server.status = 404
    assert "expected the status 200, got 404" in refusal(server).message


def test_an_authority_that_is_not_there_is_told() -> None:
    with TimestampServer(TimestampAuthority()) as gone:
        pass
    assert "cannot be reached" in refusal(gone).message


def test_offline_asks_nobody(server: TimestampServer) -> None:
    with pytest.raises(TrustError, match=f"expected a network for a timestamp from `{server.url}`") as caught:
        TimestampClient(server.url, Network(offline=True))
    assert caught.value.code == "RM520"
    assert server.requests == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "nonsense", "https://user:pass@127.0.0.1/"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(TrustError) as caught:
        TimestampClient(url, Network())(b"signature")
    assert caught.value.code == "RM519"


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    for network in (Network(), Network(offline=True)):
        with pytest.raises(TrustError) as caught:
            TimestampClient("https://ci:s3cret@timestamps.example/tsr?token=s3cret", network)
        assert "https://timestamps.example/tsr" in caught.value.message
        assert "s3cret" not in f"{caught.value.message}{caught.value.hint}{caught.value.details}"
