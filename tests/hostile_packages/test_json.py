"""JSON (and TOML) of strangers, in every reader of it: refused by the reader's own error, soon, and in bounds."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import RemoteMediaError
from remotemedia.packager.optimize import _safetensors
from remotemedia.registry import HttpRegistry, LayoutDirectory, Manifest, digest_of, find_credentials
from remotemedia.registry._auth import _parse_token
from remotemedia.runtime._approvals import Approvals
from remotemedia.runtime._config import Configuration
from remotemedia.trust import Bundle, sign_statement, strict_json
from remotemedia.trust._bundle import Statement
from remotemedia.trust._policy_file import parse_policy
from remotemedia.trust._private import read_private_key
from remotemedia.trust._trust_directory import parse_identity
from tests.registry.samples import KEY, make_package
from tests.registry.transfers import NAME, QUICK
from tests.simulators.registry import RegistrySimulator

PATIENCE = 5.0  # seconds in which any document is refused, on a machine with other work
KEYS = b",".join(b'"k%06d":0' % number for number in range(200_000))

HOSTILE = {
    "nothing": b"",
    "no JSON": b"{'a': 1}",
    "cut off": b'{"a": [1, 2',
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "list": b"[]",
    "text": b'"a"',
    "null": b"null",
    "depth of 65": b'{"a":' * 65 + b"1" + b"}" * 65,
    "depth of a million": b"[" * 1_000_000,
    "key twice": b'{"a": 1, "a": 2}',
    "key twice, escaped": b'{"a": 1, "\\u0061": 2}',
    "key twice among 200 000": b"{" + KEYS + b',"k199999":1}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "number beyond floats": b'{"a": 1e999}',
    "number of a million digits": b'{"a": ' + b"9" * 1_000_000 + b"}",
    "number of more than 64 bits": b'{"a": 100000000000000000000}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "control character": b'{"a": "\x00"}',
    "5 MiB": b'{"a": "' + b" " * (5 << 20) + b'"}',
}
"""Documents that no reader takes, whatever it reads."""


@dataclass(frozen=True)
class Reader:
    """What reads a document of a stranger.

    Attributes:
        name: the document.
        read: reads it, given an empty directory.
        errors: what it may raise; one of pure functions whose callers convert it is `ValueError`.
        right: a document that it takes.
        more: further documents that it must refuse.
    """

    name: str
    read: Callable[[bytes, Path], object]
    right: bytes
    errors: type[Exception] = RemoteMediaError
    more: dict[str, bytes] = field(default_factory=dict)


def read_layout(data: bytes, path: Path) -> object:
    (path / "oci-layout").write_bytes(b'{"imageLayoutVersion":"1.0.0"}')
    (path / "index.json").write_bytes(data)
    return LayoutDirectory(path).tags()


def read_marker(data: bytes, path: Path) -> object:
    (path / "oci-layout").write_bytes(data)
    (path / "index.json").write_bytes(b'{"schemaVersion":2,"manifests":[]}')
    return LayoutDirectory(path).tags()


def read_logins(data: bytes, path: Path) -> object:
    (path / "config.json").write_bytes(data)
    return find_credentials("r.example", "a", {"DOCKER_CONFIG": str(path), "HOME": str(path)})


def ask_helper(data: bytes, path: Path) -> object:
    """Ask a credential helper; without stored passwords a helper that fails is as good as none."""
    helper = path / "docker-credential-x"
    (path / "answer").write_bytes(data)
    helper.write_text(f"#!/bin/sh\ncat {path}/answer\n")
    helper.chmod(0o755)
    (path / "config.json").write_text('{"credsStore": "x"}')
    environ = {"DOCKER_CONFIG": str(path), "HOME": str(path), "PATH": f"{path}:{os.environ['PATH']}"}
    found = find_credentials("r.example", "a", environ)
    if found is None:
        raise ValueError("the helper gave nothing")
    return found


def read_configuration(data: bytes, path: Path) -> object:
    (path / "config.json").write_bytes(data)
    return Configuration.load({"REMOTEMEDIA_HOME": str(path)}, path)


def read_approvals(data: bytes, path: Path) -> object:
    (path / "approvals.json").write_bytes(data)
    return Approvals(path).all()


def read_cosign_key(data: bytes, _: Path) -> object:
    body = base64.encodebytes(data)
    kind = b"ENCRYPTED SIGSTORE PRIVATE KEY"
    return read_private_key(b"-----BEGIN %s-----\n%s-----END %s-----\n" % (kind, body, kind), lambda: b"x")


def read_safetensors(data: bytes, path: Path) -> object:
    whole = len(data).to_bytes(8, "little") + data
    (path / "x").write_bytes(whole)
    with (path / "x").open("rb") as file:
        return _safetensors.read_header(file, len(whole))


def with_answers(data: bytes, ask: Callable[[HttpRegistry], object]) -> object:
    """Ask a registry that answers everything with the document."""
    with RegistrySimulator() as simulator:
        simulator.faults.wrong_page = data.decode("latin-1")
        return ask(HttpRegistry(simulator.host, NAME, environ={}, retry=QUICK))


def read_referrers(data: bytes, _: Path) -> object:
    return with_answers(data, lambda registry: registry.referrers(digest_of(b"")))


def documents(text: dict[str, Any]) -> dict[str, bytes]:
    return {name: json.dumps(value).encode() for name, value in text.items()}


PACKAGE = make_package(model_size=10)
MANIFEST: dict[str, Any] = json.loads(PACKAGE.manifest)
BUNDLE: dict[str, Any] = json.loads(sign_statement(KEY, PACKAGE.digest, "https://a.test", {}))
STATEMENT: dict[str, Any] = json.loads(base64.b64decode(BUNDLE["dsseEnvelope"]["payload"]))
INDEX = json.dumps({"schemaVersion": 2, "manifests": [MANIFEST["config"]]}).encode()

WRONG_LISTS = documents(
    {
        "no list": {"schemaVersion": 2, "manifests": {}},
        "numbers in the list": {"schemaVersion": 2, "manifests": [1]},
        "digest that climbs": {"manifests": [{**MANIFEST["config"], "digest": "sha256:../../../../etc/passwd"}]},
        "digest of another kind": {"manifests": [{**MANIFEST["config"], "digest": "md5:0123"}]},
        "size below zero": {"manifests": [{**MANIFEST["config"], "size": -1}]},
        "size with a fraction": {"manifests": [{**MANIFEST["config"], "size": 1.5}]},
        "size that is true": {"manifests": [{**MANIFEST["config"], "size": True}]},
        "annotations that are no texts": {"manifests": [{**MANIFEST["config"], "annotations": {"a": []}}]},
    }
)

READERS = (
    Reader("any", lambda data, _: strict_json.loads_object(data), b"{}", ValueError),
    Reader(
        "OCI manifest",
        lambda data, _: Manifest.parse(data),
        PACKAGE.manifest,
        more=documents(
            {
                "no layers": {**MANIFEST, "layers": None},
                "configuration missing": {**MANIFEST, "config": {}},
                "other version": {**MANIFEST, "schemaVersion": 1},
                "other kind": {**MANIFEST, "mediaType": "application/vnd.oci.image.index.v1+json"},
                "subject that is no descriptor": {**MANIFEST, "subject": "x"},
            }
        ),
    ),
    Reader("index of a layout", read_layout, INDEX, more=WRONG_LISTS),
    Reader(
        "mark of a layout",
        read_marker,
        b'{"imageLayoutVersion":"1.0.0"}',
        more={"version": b'{"imageLayoutVersion":2}'},
    ),
    Reader("list of referrers", read_referrers, INDEX, more=WRONG_LISTS),
    Reader(
        "bundle",
        lambda data, _: Bundle.parse(data),
        json.dumps(BUNDLE).encode(),
        more=documents(
            {
                "field that is not known": {**BUNDLE, "x": 1},
                "no material": {**BUNDLE, "verificationMaterial": []},
                "kind": {**BUNDLE, "mediaType": ["x"]},
                "two signatures": {
                    **BUNDLE,
                    "dsseEnvelope": {**BUNDLE["dsseEnvelope"], "signatures": BUNDLE["dsseEnvelope"]["signatures"] * 2},
                },
                "payload that is no base64": {**BUNDLE, "dsseEnvelope": {**BUNDLE["dsseEnvelope"], "payload": "é"}},
            }
        ),
    ),
    Reader(
        "statement",
        lambda data, _: Statement.parse(data),
        json.dumps(STATEMENT).encode(),
        more=documents(
            {
                "no subject": {**STATEMENT, "subject": []},
                "65 subjects": {**STATEMENT, "subject": STATEMENT["subject"] * 65},
                "kind that is a list": {**STATEMENT, "_type": []},
                "predicate that is a list": {**STATEMENT, "predicate": []},
            }
        ),
    ),
    Reader(
        "logins",
        read_logins,
        b'{"auths": {}}',
        more=documents(
            {"base64": {"auths": {"r.example": {"auth": "é"}}}, "no colon": {"auths": {"r.example": {"auth": "YQ=="}}}}
        ),
    ),
    Reader("answer of a credential helper", ask_helper, b'{"Username":"a","Secret":"b"}', ValueError),
    Reader(
        "configuration",
        read_configuration,
        b"{}",
        more=documents(
            {"size": {"cache_size": "9" * 400}, "list": {"cache_size": []}, "mirrors": {"mirrors": {"a": [1]}}}
        ),
    ),
    Reader(
        "approvals",
        read_approvals,
        b'{"version":1,"approvals":[]}',
        more=documents({"rows": {"version": 1, "approvals": [1]}}),
    ),
    Reader(
        "trusted root",
        lambda data, _: parse_identity({"identity": "a", "issuer": "b"}, data, "x"),
        b'{"certificateAuthorities":[]}',
        ValueError,
        more=documents(
            {"chain": {"certificateAuthorities": [{"certChain": {"certificates": [{"rawBytes": "AAAA"}]}}]}}
        ),
    ),
    Reader(
        "head of safetensors",
        read_safetensors,
        b'{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
        ValueError,
        more=documents(
            {
                "offsets": {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 1 << 60]}},
                "shape": {"a": {"dtype": "F32", "shape": [2**62] * 1000, "data_offsets": [0, 4]}},
                "dtype": {"a": {"dtype": [], "shape": [0], "data_offsets": [0, 0]}},
            }
        ),
    ),
)
TAKES_NOTHING = (Reader("key of cosign's", read_cosign_key, b""),)


@pytest.mark.parametrize("reader", READERS, ids=[reader.name for reader in READERS])
def test_what_is_right_is_read(reader: Reader, tmp_path: Path) -> None:
    assert reader.read(reader.right, tmp_path) is not NotImplemented


@pytest.mark.parametrize("reader", [*READERS, *TAKES_NOTHING], ids=[it.name for it in (*READERS, *TAKES_NOTHING)])
def test_hostile_documents_are_refused_by_every_reader(reader: Reader, tmp_path: Path) -> None:
    for name, data in {**HOSTILE, **reader.more}.items():
        if reader.name == "logins" and name == "nothing":
            continue  # as docker itself takes an empty file
        began, place = time.monotonic(), tmp_path / str(len(list(tmp_path.iterdir())))
        place.mkdir()
        with pytest.raises(reader.errors) as caught:
            reader.read(data, place)
        assert time.monotonic() - began < PATIENCE, name
        assert len(str(caught.value)) < 1000, name
        assert "\x00" not in str(caught.value), name


POLICIES = {
    "no TOML": b"[",
    "not UTF-8": b'name = "\xff"',
    "too deep": b"version = " + b"[" * 50_000,
    "too large": b" " * (1 << 20),
    "list for a text": b"version = 1\nothers = []",
    "table for a text": b"version = 1\nothers = {}",
    "huge number": b"version = 0x" + b"f" * 100_000,
    "rules that are no tables": b"version = 1\nrule = [1]",
    "key twice": b"version = 1\nversion = 1",
}


@pytest.mark.parametrize("name", POLICIES)
def test_hostile_policies_are_refused(name: str) -> None:
    began = time.monotonic()
    with pytest.raises(RemoteMediaError) as caught:
        parse_policy(POLICIES[name], "policy.toml")
    assert caught.value.code == "RM516"
    assert time.monotonic() - began < PATIENCE


TOKENS = documents(
    {
        "none": {},
        "number": {"token": 1},
        "empty": {"token": ""},
        "line break": {"token": "a\r\nX-Evil: 1"},
        "of 1 MB": {"token": "a" * (1 << 20)},
    }
)


@pytest.mark.parametrize("name", [*HOSTILE, *TOKENS])
def test_hostile_tokens_are_refused(name: str) -> None:
    with pytest.raises(RemoteMediaError) as caught:
        _parse_token({**HOSTILE, **TOKENS}[name], "auth.example")
    assert caught.value.code == "RM406"


@pytest.mark.parametrize("lifetime", [b"-1", b"0", b"true", b'"x"', b"9999999999999999999", b"1.5"])
def test_any_lifetime_of_a_token_is_some_time(lifetime: bytes) -> None:
    token = _parse_token(b'{"token": "t", "expires_in": ' + lifetime + b"}", "auth.example")
    assert 0 < token.expires - time.monotonic() <= 24 * 3600
