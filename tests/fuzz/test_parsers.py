"""Every parser of a stranger's bytes, given what is nearly right: a value, or the parser's own error, soon."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from remotemedia.errors import RemoteMediaError
from remotemedia.packager.optimize._safetensors import read_header
from remotemedia.registry import Descriptor, Manifest, PackageArchive, Reference, find_credentials
from remotemedia.registry._auth import Challenge, _parse_token
from remotemedia.registry._descriptor import parse_index
from remotemedia.registry._remote import _NEXT
from remotemedia.registry._retry import parse_retry_after
from remotemedia.registry._tar import DIRECTORY, entries
from remotemedia.registry._transport import Origin
from remotemedia.registry._zones import Zone
from remotemedia.runtime._config import parse_size
from remotemedia.runtime._events import read_events
from remotemedia.trust import Bundle, Candidate, Policy, SigningKey, sign_statement, strict_json
from remotemedia.trust._certificates import load_authority, load_leaf
from remotemedia.trust._headed import parted
from remotemedia.trust._private import read_private_key
from remotemedia.trust._timestamps import time_of
from remotemedia.trust._trust_directory import parse_identity, parse_revocations
from tests.fuzz.fuzzing import fuzzed, mutated, soon
from tests.registry.samples import KEY, Package, make_package
from tests.simulators.pki import Authority
from tests.simulators.tsa import TimestampAuthority

PACKAGE = make_package(model_size=600)
PACKAGE.sign()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = Authority("root")
LEAF = ROOT.signer("ci@example.test", valid=(NOW - timedelta(hours=1), NOW + timedelta(hours=1)))
TSA = TimestampAuthority()
BUNDLE = sign_statement(KEY, PACKAGE.digest, "https://a.test", {"a": 1})
STAMPED = sign_statement(LEAF, PACKAGE.digest, "https://a.test", {}, timestamp=TSA.stamp)
STAMP = base64.b64decode(
    json.loads(STAMPED)["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"]
)
CERTIFICATE = base64.b64decode(json.loads(STAMPED)["verificationMaterial"]["certificate"]["rawBytes"])
JSON_TOKENS = (b"{", b"[", b"]}", b'"', b"\\u0000", b"\\ud800", b"null", b"1e999", b"-0", b"9" * 30, b',"a":', b"\xff")
POLICY = b"""version = 1
others = "refuse"

[[rule]]
name = "ours"
reference = ["oci://r.example/**", "*.rmpkg"]
keys = ["release"]
identities = [{identity = "ci@*", issuer = "https://a.test"}]
predicates = ["provenance"]
maximum_age = "30d"
"""
IDENTITY = {"identity": "ci@a.test", "issuer": "https://a.test"}


@dataclass(frozen=True)
class Target:
    """A parser.

    Attributes:
        name: what it reads.
        parse: reads it, and asserts what holds of whatever it accepts.
        corpus: inputs that it reads.
        tokens: words of its language.
        errors: what it may raise; `ValueError` of pure functions whose callers convert it.
    """

    name: str
    parse: Callable[[bytes], object]
    corpus: tuple[bytes, ...]
    tokens: tuple[bytes, ...] = ()
    errors: tuple[type[Exception], ...] = (RemoteMediaError,)


def text_of(data: bytes) -> str:
    return data.decode("latin-1")


def parse_reference(data: bytes) -> None:
    reference = Reference.parse(data.decode(errors="surrogateescape"))
    again = Reference.parse(reference.canonical)
    assert again.canonical == reference.canonical
    assert not reference.host or reference.canonical.isprintable()


def parse_manifest(data: bytes) -> None:
    manifest = Manifest.parse(data)
    assert manifest.raw == data
    assert Descriptor.from_json(strict_json.loads(strict_json.dumps(manifest.config.to_json()))) == manifest.config


def parse_header(data: bytes) -> None:
    seconds = parse_retry_after(text_of(data))
    assert seconds is None or seconds >= 0


def parse_challenge(data: bytes) -> None:
    found = Challenge.parse([text_of(data)] * 3)
    assert found is None or found.scheme in {"bearer", "basic"}


def parse_origin(data: bytes) -> None:
    url = text_of(data)
    origin = Origin.of(url)
    assert origin.host == (parse_url(url).host or "").strip("[]")
    assert Zone.of_name(origin.host) in {None, *Zone}


def parse_next(data: bytes) -> None:
    _NEXT.search(text_of(data))


def parse_rules(data: bytes) -> None:
    asked = Candidate(f"sha256:{'0' * 64}", "tts", "oci://r.example/voice/tts:1.0")
    rule = Policy.parse(data, "policy.toml").rule_for(asked)
    assert rule is None or rule.covers(asked, asked.place)


def parse_safetensors(data: bytes) -> None:
    header = read_header(io.BytesIO(data), len(data))
    assert all(0 <= it.begin <= it.end <= len(data) for it in header.tensors)


def parse_events(data: bytes) -> None:
    for event in read_events(io.BytesIO(data)):
        assert isinstance(event["event"], str)
        assert "\x1b" not in json.dumps(event, ensure_ascii=False)


def parse_headed(data: bytes) -> None:
    settings, pem = parted(data, {"until", "purpose"})
    assert settings.keys() <= {"until", "purpose"}
    assert data.endswith(pem)


HEADER = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"format":"pt"}}'

TARGETS = (
    Target(
        "reference",
        parse_reference,
        (
            b"oci://r.example:5000/voice/tts:1.0@sha256:" + b"ab" * 32,
            b"oci-layout:/a/b:1",
            b"./x.rmpkg",
            b"sha256:" + b"0" * 64,
            b"oci://[::1]:80/a",
        ),
        (b"oci://", b"@sha256:", b"..", b"//", b":", b"\n", b"%2f", b"\x00"),
    ),
    Target("OCI manifest", parse_manifest, (PACKAGE.manifest, PACKAGE.referrers[0]), JSON_TOKENS),
    Target(
        "OCI index",
        parse_index,
        (b'{"schemaVersion":2,"manifests":[%s]}' % json.dumps(PACKAGE.descriptor.to_json()).encode(),),
        JSON_TOKENS,
        (ValueError,),
    ),
    Target("bundle", Bundle.parse, (BUNDLE, STAMPED), JSON_TOKENS),
    Target(
        "policy", parse_rules, (POLICY,), (b"[[", b"]]", b"'''", b'"""', b"a.b.c=1", b"{", b"0x", b"1979-05-27", b"nan")
    ),
    Target(
        "trusted root",
        lambda data: parse_identity(IDENTITY, data, "x"),
        (
            b'{"certificateAuthorities":[{"certChain":{"certificates":[{"rawBytes":"%s"}]}}]}'
            % base64.b64encode(CERTIFICATE),
        ),
        JSON_TOKENS,
        (ValueError,),
    ),
    Target(
        "challenge",
        parse_challenge,
        (
            b'Bearer realm="https://a.test/token",service="a",scope="repository:a:pull"',
            b'Basic realm="a", Bearer realm="b"',
        ),
        (b'="', b"\\", b",", b"Bearer ", b"Basic ", b"a" * 3000, b'a="' * 500),
    ),
    Target(
        "Retry-After",
        parse_header,
        (b"120", b"Wed, 21 Oct 2026 07:28:00 GMT", b"Wednesday, 21-Oct-26 07:28:00 GMT"),
        (b"9" * 400, b"-", b"+9999", b"99999999999999999999", b"\xb2", b"Jan", b":"),
    ),
    Target(
        "Link",
        parse_next,
        (b'</v2/a/referrers/x?n=1>; rel="next"',),
        (b"<", b">", b" " * 3000, b";", b"rel=", b"<a>" * 500),
    ),
    Target(
        "URL",
        parse_origin,
        (b"https://r.example:5000/v2/?a=b", b"http://[::ffff:127.0.0.1]/", b"https://127.0.0.1\\.r.example/"),
        (b"@", b"\\", b"#", b"%", b"[", b"]", b"//", b"0x7f", b"\t", b":99999"),
    ),
    Target(
        "token",
        lambda data: _parse_token(data, "a"),
        (b'{"token":"abc","expires_in":300}', b'{"access_token":"x"}'),
        JSON_TOKENS,
    ),
    Target(
        "size",
        lambda data: parse_size(text_of(data)),
        (b"20 GB", b"1.5GiB", b"7"),
        (b"9" * 30, b".", b"e9"),
        (ValueError,),
    ),
    Target("timestamp", time_of, (STAMP,), (b"\x30\x84\xff\xff\xff\xff", b"\x18\x0f99991231235959Z", b"\x30\x80")),
    Target("leaf certificate", load_leaf, (CERTIFICATE,), (b"\x30\x84\xff\xff\xff\xff", b"\x17\x0d", b"\x06\x03")),
    Target("authority", lambda data: load_authority(data, "x"), (ROOT.pem,), (b"-----BEGIN CERTIFICATE-----\n", b"\n")),
    Target(
        "revocation list",
        lambda data: parse_revocations(data, "x"),
        (ROOT.revocations((7, NOW)),),
        (b"-----BEGIN X509 CRL-----\n", b"\x30\x80"),
        (ValueError, RemoteMediaError),
    ),
    Target(
        "private key",
        lambda data: read_private_key(data, lambda: b"x"),
        (SigningKey.generate().to_pem(),),
        (b"-----", b"\n", b"ENCRYPTED "),
    ),
    Target(
        "safetensors",
        parse_safetensors,
        (len(HEADER).to_bytes(8, "little") + HEADER + bytes(8),),
        JSON_TOKENS,
        (ValueError,),
    ),
    Target(
        "events",
        parse_events,
        (
            b'{"event":"log","at_ms":1,"node":"a","level":"info","message":"b"}\n{"event":"done","at_ms":2.5,"report":{}}\n',
            b'{"event":"error","at_ms":0,"error":{"code":"RM602","message":"a","causes":[{"kind":"A","message":"b"}]}}\n',
        ),
        (*JSON_TOKENS, b"\n", b"\\u001b[2J", b"\x1b"),
        (),
    ),
    Target(
        "trusted key with settings",
        parse_headed,
        (b'until = "2026-01-01"\n' + KEY.public.to_pem(), KEY.public.to_pem()),
        (b"-----BEGIN", b"[[", b"'''", b"until=1", b"\n"),
        (ValueError,),
    ),
)


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
@fuzzed
@given(data=st.data())
def test_what_is_nearly_right_is_read_or_refused(target: Target, data: st.DataObject) -> None:
    given_bytes = data.draw(mutated(target.corpus, target.tokens))
    with soon(), contextlib.suppress(*target.errors):
        target.parse(given_bytes)


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_the_corpus_is_read(target: Target) -> None:
    for one in target.corpus:
        target.parse(one)


@fuzzed
@given(mutated([b'{"auths":{"r.example":{"auth":"YTpi","identitytoken":""}},"credHelpers":{"x":"y"}}'], JSON_TOKENS))
def test_logins_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.json").write_bytes(data)
    environ = {"DOCKER_CONFIG": str(tmp_path), "HOME": str(tmp_path), "PATH": ""}
    with soon(), contextlib.suppress(RemoteMediaError):
        find_credentials("r.example", "voice/tts", environ)


def packed(package: Package, path: Path) -> bytes:
    return package.pack(path / "x.rmpkg").read_bytes()


TAR_TOKENS = (b"../", b"ustar\x0000", b"ustar  \x00", b"30 size=99999999999\n", b"77777777777", b"L", b"x", bytes(512))


def believed(data: bytes) -> bytes:
    """Give every block that may be a header the checksum with which it is believed."""
    blocks = bytearray(data)
    for at in range(0, len(blocks) - 511, 512):
        if blocks[at + 257 : at + 262] == b"ustar":
            blocks[at + 148 : at + 156] = b" " * 8
            blocks[at + 148 : at + 156] = b"%06o\0 " % sum(blocks[at : at + 512])
    return bytes(blocks)


@fuzzed
@given(data=st.data())
def test_archives_are_refused_or_read_as_other_programs_read_them(tmp_path: Path, data: st.DataObject) -> None:
    """What is judged here is what `tar x` will unpack: where both read an archive, they read the same."""
    changed = believed(data.draw(mutated([packed(PACKAGE, tmp_path)], TAR_TOKENS)))
    path = tmp_path / "y.rmpkg"
    path.write_bytes(changed)
    with soon(), contextlib.suppress(RemoteMediaError, tarfile.TarError), path.open("rb") as file:
        ours = [(it.name, it.kind == DIRECTORY, it.link, it.offset, it.size) for it in entries(file, "x")]
        with PackageArchive(path):
            pass
        with tarfile.open(path) as archive:
            theirs = [
                (it.name, it.isdir(), it.linkname, it.offset_data, it.size if it.isreg() else 0) for it in archive
            ]
        assert ours == theirs
