"""cosign and npm agree about keys of either kind, certificates of an own authority, and times that are proven."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from remotemedia.packager import Attest
from remotemedia.trust import KeyType, SigningKey, sign_statement
from tests.full.authorities import IDENTITY, Organisation
from tests.full.tools import Tools

pytestmark = pytest.mark.full

KINDS = pytest.mark.parametrize("kind", ["p256", "ed25519"])
Layout = Callable[[Attest], Path]


def row(text: str) -> pytest.MarkDecorator:
    """The test's row in the table of signatures."""
    return pytest.mark.interop("signatures", text)


@row("ours by key, P-256 and Ed25519: `cosign verify --local-image`")
@KINDS
def test_cosign_verifies_keys_of_either_kind(kind: KeyType, tools: Tools, layout: Layout, tmp_path: Path) -> None:
    key = SigningKey.generate(kind)
    (tmp_path / "key.pub").write_bytes(key.public.to_pem())
    place = layout(partial(sign_statement, key))
    tools.run("cosign", "verify", "--key", tmp_path / "key.pub", "--insecure-ignore-tlog", "--local-image", place)


@row("ours by key, P-256 and Ed25519: npm `@sigstore/verify`")
@KINDS
def test_npm_verifies_keys_of_either_kind(kind: KeyType, tools: Tools, layout: Layout, tmp_path: Path) -> None:
    key = SigningKey.generate(kind)
    (tmp_path / "key.pub").write_bytes(key.public.to_pem())
    (tmp_path / "other.pub").write_bytes(SigningKey.generate(kind).public.to_pem())
    place = layout(partial(sign_statement, key))
    for name in ("signature", "provenance", "sbom"):
        bundle = place / f"meta/{name}.sigstore.json"
        tools.run("npm-verify", bundle, "--key", tmp_path / "key.pub")
        tools.run("npm-verify", bundle, "--key", tmp_path / "other.pub", succeeds=False)


@row("ours by certificate and timestamp: `cosign verify --local-image`")
@KINDS
@pytest.mark.parametrize("days", [30, 40], ids=["while valid", "too early"])
def test_cosign_judges_a_certificate_at_the_proven_time(
    kind: KeyType, days: int, tools: Tools, organisation: Organisation, layout: Layout
) -> None:
    organisation.clock.now = datetime.now(UTC) - timedelta(days=days)
    signer = organisation.signer(SigningKey.generate(kind))
    place = layout(partial(sign_statement, signer, timestamp=organisation.clock.stamp))
    tools.run("cosign", "verify", *organisation.for_cosign, "--local-image", place, succeeds=days == 30)


@row("ours by certificate and timestamp: npm `@sigstore/verify`")
@KINDS
@pytest.mark.parametrize("days", [30, 40], ids=["while valid", "too early"])
def test_npm_judges_a_certificate_at_the_proven_time(
    kind: KeyType, days: int, tools: Tools, organisation: Organisation, layout: Layout
) -> None:
    organisation.clock.now = datetime.now(UTC) - timedelta(days=days)
    signer = organisation.signer(SigningKey.generate(kind))
    place = layout(partial(sign_statement, signer, timestamp=organisation.clock.stamp))
    bundle, roots = place / "meta/signature.sigstore.json", ["--trusted-root", organisation.directory / "roots.json"]
    tools.run("npm-verify", bundle, *roots, "--identity", IDENTITY, succeeds=days == 30)
    tools.run("npm-verify", bundle, *roots, "--identity", "stranger@example.test", succeeds=False)
