"""Small pieces of the protocol: challenges, pauses, digests, and where requests may go."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia.errors import RegistryError
from remotemedia.registry import RetryPolicy, digest_of, hex_of, referrers_tag
from remotemedia.registry._auth import Challenge
from remotemedia.registry._digest import is_referrers_tag, verified
from remotemedia.registry._retry import parse_retry_after
from remotemedia.registry._transport import Origin, Transport
from remotemedia.registry._zones import is_loopback


def test_a_bearer_challenge_is_read() -> None:
    challenge = Challenge.parse(['Bearer realm="https://t/x?a=1",service="r",scope="repository:a/b:pull,push"'])
    assert challenge == Challenge(
        "bearer", {"realm": "https://t/x?a=1", "service": "r", "scope": "repository:a/b:pull,push"}
    )


@pytest.mark.parametrize(
    "headers",
    [
        ['Basic realm="x"', 'Bearer realm="https://t"'],
        ['Basic realm="x", Bearer realm="https://t"'],
        ['bearer realm="https://t", basic realm="x"'],
    ],
)
def test_bearer_goes_before_basic(headers: list[str]) -> None:
    assert Challenge.parse(headers) == Challenge("bearer", {"realm": "https://t"})


def test_unknown_challenges_are_none() -> None:
    assert Challenge.parse(["Negotiate", 'Digest realm="x"']) is None
    assert Challenge.parse([]) is None


@given(st.lists(st.text(max_size=200), max_size=3))
def test_any_header_is_a_challenge_or_none(headers: list[str]) -> None:
    Challenge.parse(headers)
    Challenge.parse([f"Bearer {header}" for header in headers])


def test_retry_after_is_seconds_or_a_date() -> None:
    assert parse_retry_after("7") == 7
    assert parse_retry_after(None) is None
    assert parse_retry_after("soon") is None
    assert parse_retry_after("-1") is None
    soon = parse_retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True))
    assert soon is not None
    assert 90 < soon <= 100
    assert parse_retry_after("Mon, 01 Jan 2001 00:00:00 GMT") == 0


@pytest.mark.parametrize("text", ["", "soon", "-1", "\xb2", "1e3", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"])
def test_a_malformed_retry_after_is_none(text: str) -> None:
    assert parse_retry_after(text) is None


def test_pauses_grow_and_end() -> None:
    policy = RetryPolicy(attempts=4, base_delay=1, max_delay=3)
    pauses = [policy.delay(failures, None) for failures in (1, 2, 3, 4)]
    assert pauses[3] is None
    for pause, most in zip(pauses[:3], (1, 2, 3), strict=True):
        assert pause is not None
        assert most / 2 <= pause <= most
    assert policy.delay(1, 2.5) == 2.5
    assert policy.delay(1, 3.5) is None


@given(st.lists(st.binary(max_size=50), max_size=6))
def test_verified_chunks_pass_unchanged(chunks: list[bytes]) -> None:
    data = b"".join(chunks)
    assert b"".join(verified(chunks, digest_of(data), len(data), ValueError)) == data
    if data:
        for digest, size in (
            (digest_of(data), len(data) - 1),
            (digest_of(data), len(data) + 1),
            (digest_of(b""), len(data)),
        ):
            with pytest.raises(ValueError, match="expected"):
                list(verified(chunks, digest, size, ValueError))


def test_too_much_is_noticed_at_once() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"12345"
        raise AssertionError("read on")

    with pytest.raises(ValueError, match="got more"):
        list(verified(chunks(), digest_of(b"1234"), 4, ValueError))


def test_digests_and_tags() -> None:
    digest = digest_of(b"x")
    assert hex_of(digest) == hashlib.sha256(b"x").hexdigest()
    assert is_referrers_tag(referrers_tag(digest))
    assert not is_referrers_tag("sha256-x")
    for text in ("", "sha256:", f"{digest}/..", f"{digest}\n", digest.upper()):
        with pytest.raises(ValueError, match="expected"):
            hex_of(text)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example", "128.0.0.1", "10.0.0.1", "0.0.0.0", "::2", "x"])  # noqa: S104
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url", ["", "ftp://h/x", "file:///etc/passwd", "https://", "//h/x", "https://u:p@h/x", "https://h:x/", "https://[/"]
)
def test_what_is_no_http_url_is_refused(url: str) -> None:
    with pytest.raises(RegistryError) as caught:
        Origin.of(url)
    assert caught.value.code == "RM406"


@pytest.mark.parametrize(
    ("secure", "plain_http", "url"),
    [
        (True, False, "http://127.0.0.1:1/token"),
        (True, True, "http://elsewhere.example/token"),
        (False, False, "http://elsewhere.example/blob"),
    ],
)
def test_nobody_sends_us_on_to_plain_http(*, secure: bool, plain_http: bool, url: str) -> None:
    home = Origin("https" if secure else "http", "registry.example", 443)
    transport = Transport(home, plain_http=plain_http, environ={})
    with pytest.raises(RegistryError) as caught:
        transport.send("GET", url, headers={}, authorization="Basic secret")
    assert caught.value.code == "RM406"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://localhost:1/x",
        "https://[::1]/x",
        "https://169.254.169.254/x",
        "https://0.0.0.0/",
    ],
)
def test_nobody_outside_sends_us_to_this_machine(url: str) -> None:
    transport = Transport(Origin("https", "registry.example", 443), environ={})
    with pytest.raises(RegistryError) as caught:
        transport.send("GET", url, headers={})
    assert caught.value.code == "RM406"
