"""What a malicious registry does to those who pull from it: `ATTACKS` is a table of what has to come of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat

from remotemedia.registry import Descriptor, Manifest, media_types
from tests.registry.samples import Package, manifest_bytes
from tests.simulators.malicious_registry import Attack, MaliciousHandler
from tests.simulators.registry import INDEX

__all__ = ["ATTACKS", "Row"]

REACHED = frozenset({"RM404"})  # it does not answer as HTTP has it, or not in time
DIFFERS = frozenset({"RM405"})
FORBIDDEN = frozenset({"RM406"})
REFUSED = frozenset({"RM403"})
TAKEN = frozenset({None})

MIB = 1 << 20


@dataclass(frozen=True)
class Row:
    """One attack.

    Attributes:
        name: what is done.
        make: gives the attack on those who pull a package.
        codes: of which one must come; `TAKEN` where the package arrives whole all the same.
        most: bytes that the registry may bring us to take, beyond the package.
        requests: that it may bring us to send.
    """

    name: str
    make: Callable[[Package], Attack]
    codes: frozenset[str | None]
    most: int = MIB
    requests: int = 24


def _on(method: str, part: str, answer: Callable[[MaliciousHandler], bool]) -> Callable[[Package], Attack]:
    """Attack the requests of a method for some path."""
    return lambda _: lambda it: it.is_for(method, part) and answer(it)


def _on_model(answer: Callable[[MaliciousHandler, bytes], bool]) -> Callable[[Package], Attack]:
    """Attack the download of the large blob; the answer is given its right bytes."""

    def make(package: Package) -> Attack:
        digest = package.model.digest
        return lambda it: it.is_for("GET", digest) and answer(it, package.blobs[digest])

    return make


def _on_tag(answer: Callable[[MaliciousHandler], bool]) -> Callable[[Package], Attack]:
    return _on("HEAD", "manifests/1.0", answer)


def _on_manifest(answer: Callable[[MaliciousHandler], bool]) -> Callable[[Package], Attack]:
    return _on("GET", "manifests/sha256:", answer)


def _on_referrers(answer: Callable[[MaliciousHandler, Package], bool]) -> Callable[[Package], Attack]:
    return lambda package: lambda it: it.is_for("GET", "/referrers/") and answer(it, package)


def _on_all(answer: Callable[[MaliciousHandler], bool]) -> Callable[[Package], Attack]:
    return lambda _: answer


def _head_then_get(package: Package) -> Attack:
    """Say of a tag that it is the package, and give another manifest."""
    return lambda it: it.is_for("GET", "manifests/") and it.say(package.referrers[0])


def _entry(package: Package, number: int, kind: str = media_types.BUNDLE) -> dict[str, object]:
    """List a referrer that is not there."""
    return {**package.descriptor.to_json(), "digest": f"sha256:{number:064x}", "artifactType": kind}


def _challenge(text: str) -> Callable[[MaliciousHandler], bool]:
    return lambda it: it.say(b"", f"WWW-Authenticate: {text}", status="401 Unauthorized")


def _tokens(answer: str) -> Callable[[Package], Attack]:
    """Ask for a token, and give this one."""

    def attack(it: MaliciousHandler) -> bool:
        if "/token" in it.path:
            return it.say(answer.encode())
        return _challenge(f'Bearer realm="{it.simulator.origin}/token"')(it)

    return _on_all(attack)


def _moved(location: str) -> Callable[[MaliciousHandler, bytes], bool]:
    return lambda it, _: it.say(b"", f"Location: {location}", status="307 Temporary Redirect")


def _endless(it: MaliciousHandler, *headers: str, status: str = "200 OK") -> bool:
    it.head("Transfer-Encoding: chunked", *headers, status=status)
    return it.pour(it.chunks(b"x" * 65536))


def _part(text: str) -> Callable[[MaliciousHandler, bytes], bool]:
    return lambda it, data: it.say(data[5:], f"Content-Range: {text}", status="206 Partial Content")


def _million(it: MaliciousHandler, package: Package) -> bool:
    piece = b",".join(json.dumps(_entry(package, number)).encode() for number in range(1000)) + b","
    it.head(f"Content-Length: {1000 * len(piece)}", f"Content-Type: {INDEX}")
    return it.raw(b'{"schemaVersion":2,"manifests":[') and it.pour(repeat(piece, 1000))


def _loop(it: MaliciousHandler, _: Package) -> bool:
    return it.index([], f'Link: <{it.path}>; rel="next"')


def _heavy(package: Package) -> Attack:
    """List signatures that are as large as models."""
    layer = Descriptor(media_types.BUNDLE, f"sha256:{0:064x}", 65 * MIB)
    empty = Descriptor.of(media_types.EMPTY, media_types.EMPTY_BYTES)
    raw = manifest_bytes(media_types.BUNDLE, empty, [layer], {}, package.descriptor)
    listed = Manifest.parse(raw).descriptor
    return lambda it: (
        it.index([listed.to_json()])
        if it.is_for("GET", "/referrers/")
        else it.is_for("GET", f"manifests/{listed.digest}") and it.say(raw)
    )


ATTACKS = (
    # Bytes
    Row("a byte is changed", _on_model(lambda it, data: it.say(b"X" + data[1:])), DIFFERS, 3 * MIB),
    Row("a byte is missing", _on_model(lambda it, data: it.say(data[:-1])), DIFFERS, 3 * MIB),
    Row("a byte too many", _on_model(lambda it, data: it.say(data + b"x")), DIFFERS, 3 * MIB),
    Row(
        "a byte too many, without a length",
        _on_model(lambda it, data: it.head() and it.raw(data + b"x")),
        DIFFERS,
        3 * MIB,
    ),
    Row(
        "less than was announced",
        _on_model(lambda it, data: it.head(f"Content-Length: {len(data)}") and it.raw(data[:99])),
        REACHED,
    ),
    Row("a body without end", _on_model(lambda it, _: _endless(it)), DIFFERS, 12 * MIB),
    Row("another blob", _on_model(lambda it, data: it.say(data[::-1])), DIFFERS, 3 * MIB),
    Row(
        "a compressed body",
        _on_model(lambda it, data: it.say(b"\x1f\x8b" + data[2:], "Content-Encoding: gzip")),
        DIFFERS,
        3 * MIB,
    ),
    Row("a manifest of another digest", _head_then_get, DIFFERS),
    Row("a manifest without end", _on_manifest(_endless), FORBIDDEN, 12 * MIB),
    Row(
        "a digest of its own for a tag",
        _on_tag(lambda it: it.head("Content-Length: 9", f"Docker-Content-Digest: sha256:{'0' * 64}")),
        frozenset({"RM402"}),
    ),
    Row("a length that is no number", _on_tag(lambda it: it.head("Content-Length: \xb2")), TAKEN),
    Row("a length of 5000 digits", _on_tag(lambda it: it.head(f"Content-Length: {'9' * 5000}")), TAKEN | REACHED),
    Row(
        "two lengths",
        _on_model(lambda it, data: it.head("Content-Length: 5", f"Content-Length: {len(data)}") and it.raw(data)),
        REACHED | DIFFERS,
        12 * MIB,
    ),
    # HTTP
    Row("no HTTP", _on_all(lambda it: it.raw(b"SSH-2.0-OpenSSH_9.2\r\n")), REACHED),
    Row("nothing", _on_all(lambda it: it.raw(b"")), REACHED),
    Row("a status of its own", _on_all(lambda it: it.head(status="999 ?")), REACHED | FORBIDDEN),
    Row("a status that is no number", _on_all(lambda it: it.head(status="abc")), REACHED),
    Row(
        "a status line without end",
        _on_all(lambda it: it.raw(b"HTTP/1.1 200 ") and it.pour(repeat(b"x" * 65536))),
        REACHED,
        12 * MIB,
    ),
    Row(
        "headers without end",
        _on_all(lambda it: it.raw(b"HTTP/1.1 200 OK\r\n") and it.pour(repeat(b"X-A: b\r\n" * 4096))),
        REACHED,
        12 * MIB,
    ),
    Row(
        "a head that drips",
        _on_all(lambda it: it.raw(b"HTTP/1.1 200 OK\r\nX: ") and it.pour(repeat(b"x"), 0.02)),
        REACHED,
    ),
    Row(
        "`100 Continue` without end",
        _on_all(lambda it: it.pour(repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), 0.02)),
        REACHED,
    ),
    Row(
        "a body that drips",
        _on_model(lambda it, data: it.head(f"Content-Length: {len(data)}") and it.pour(repeat(b"x"), 0.02)),
        REACHED | DIFFERS,
    ),
    Row(
        "an answer to be thrown away that drips",
        _on_tag(lambda it: it.head("Content-Length: 9", status="401 ?") and it.pour(repeat(b"x"), 0.02)),
        REFUSED | REACHED,
    ),
    Row(
        "a malformed chunk",
        _on_model(lambda it, _: it.head("Transfer-Encoding: chunked") and it.raw(b"zz\r\nx")),
        REACHED,
    ),
    Row(
        "a chunk of 2^80 bytes",
        _on_model(lambda it, _: it.head("Transfer-Encoding: chunked") and it.raw(b"f" * 20 + b"\r\nx")),
        REACHED | DIFFERS,
    ),
    # Ranges
    Row("a part that nobody asked for", _on_model(_part("bytes 5-9/10")), FORBIDDEN, 12 * MIB),
    Row("a part without its place", _on_model(_part("")), FORBIDDEN, 12 * MIB),
    Row(
        "a part of a blob of another size",
        _on_model(lambda it, data: it.say(data, f"Content-Range: bytes 0-{len(data) - 1}/1", status="206 ?")),
        FORBIDDEN,
        12 * MIB,
    ),
    Row("416 to everything", _on_model(lambda it, _: it.say(b"", status="416 ?")), FORBIDDEN),
    # Elsewhere
    Row(
        "a redirect to itself",
        _on_model(lambda it, _: it.say(b"", f"Location: {it.path}", status="307 ?")),
        FORBIDDEN,
    ),
    Row("a redirect to a file", _on_model(_moved("file:///etc/passwd")), FORBIDDEN),
    Row("a redirect with a password", _on_model(_moved("http://ann:secret@127.0.0.1/")), FORBIDDEN),
    Row("a redirect to plain http elsewhere", _on_model(_moved("http://elsewhere.invalid/x")), FORBIDDEN),
    Row("a redirect to no URL", _on_model(_moved("http://[::1/")), FORBIDDEN),
    # Login
    Row("401 to everything", _on_all(_challenge('Basic realm="x"')), REFUSED),
    Row("a challenge that is none", _on_all(_challenge("x" * 60_000)), REFUSED),
    Row("a challenge that takes long to read", _on_all(_challenge("bearer " + "a" * 8000)), REFUSED | FORBIDDEN),
    Row("a token server that is a file", _on_all(_challenge('Bearer realm="file:///etc/passwd"')), FORBIDDEN),
    Row(
        "a token server that is the registry",
        _on_all(lambda it: _challenge(f'Bearer realm="{it.simulator.origin}/token"')(it)),
        REFUSED,
    ),
    Row(
        "a token without end",
        lambda _: (
            lambda it: (
                _endless(it) if "/token" in it.path else _challenge(f'Bearer realm="{it.simulator.origin}/token"')(it)
            )
        ),
        FORBIDDEN,
        12 * MIB,
    ),
    Row("a token that no header can carry", _tokens('{"token": "t€ken"}'), FORBIDDEN),
    Row("a token that ends its header", _tokens('{"token": "x\\r\\nX-Other: 1"}'), FORBIDDEN),
    # Patience
    Row("503 for ever", _on_all(lambda it: it.say(b"", status="503 ?")), REACHED),
    Row(
        "429 until the year 9999",
        _on_all(lambda it: it.say(b"", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", status="429 ?")),
        REACHED,
    ),
    Row(
        "a pause of 5000 digits",
        _on_all(lambda it: it.say(b"", f"Retry-After: {'9' * 5000}", status="429 ?")),
        REACHED,
    ),
    Row(
        "a pause until a year beyond dates",
        _on_all(lambda it: it.say(b"", "Retry-After: Mon, 01 Jan 99999999999999999999 00:00:00 GMT", status="503 ?")),
        REACHED,
    ),
    Row("an error without end", _on_all(lambda it: _endless(it, status="400 ?")), FORBIDDEN, 12 * MIB),
    Row(
        "an error that writes to the terminal",
        _on_all(lambda it: it.say(b'{"errors":[{"code":"\\u001b[2J","message":"\\u0007\\u202e"}]}', status="400 ?")),
        FORBIDDEN,
    ),
    # Referrers
    Row(
        "referrers of something else",
        _on_referrers(
            lambda it, package: it.index([{**package.descriptor.to_json(), "artifactType": media_types.BUNDLE}])
        ),
        TAKEN,
    ),
    Row(
        "referrers that are not there",
        _on_referrers(lambda it, package: it.index([_entry(package, 1)])),
        TAKEN,
    ),
    Row(
        "a note that is something else",
        _on_referrers(lambda it, package: it.index([package.descriptor.to_json()])),
        TAKEN,
    ),
    Row(
        "a note that is not there",
        _on_referrers(lambda it, package: it.index([_entry(package, 1, "application/x-note")])),
        TAKEN,
    ),
    Row("a million referrers", _on_referrers(_million), FORBIDDEN, 12 * MIB),
    Row("referrers that are as large as models", _heavy, TAKEN),
    Row(
        "2000 referrers that are not there",
        _on_referrers(lambda it, package: it.index([_entry(package, number) for number in range(2000)])),
        TAKEN,
        requests=1100,
    ),
    Row("pages of referrers without end", _on_referrers(_loop), FORBIDDEN, requests=110),
    Row(
        "a page of referrers elsewhere",
        _on_referrers(lambda it, _: it.index([], 'Link: <http://127.0.0.2:1/>; rel="next"')),
        FORBIDDEN,
    ),
    Row("referrers that are a page of HTML", _on_referrers(lambda it, _: it.say(b"<html>")), FORBIDDEN),
    Row("a list of referrers without end", _on_referrers(lambda it, _: _endless(it)), FORBIDDEN, 12 * MIB),
)
