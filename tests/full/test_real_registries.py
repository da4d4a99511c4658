"""What this project pushes to a real registry others accept, and the other way round."""

import json
from pathlib import Path

import pytest

from remotemedia.registry import HttpRegistry, LayoutDirectory, PackageArchive, bundles_of, copy
from remotemedia.trust import Keyring, Mode, PublicKey, TrustedKey, verify
from tests.full.tools import Signed, Tools, offline

pytestmark = pytest.mark.full


@pytest.fixture
def pushed(registry: str, signed: Signed) -> str:
    """The repository that the package was pushed to, as `HOST:PORT/NAME`."""
    target = HttpRegistry(registry, "voice/tts", environ={})
    with PackageArchive(signed.package.path) as archive:
        copy(archive, target, archive.resolve("1.0"), tag="1.0")
    return f"{registry}/voice/tts"


def test_a_pushed_package_comes_back_whole(registry: str, pushed: str, signed: Signed, tmp_path: Path) -> None:
    source = HttpRegistry(registry, "voice/tts", environ={})
    assert source.resolve("1.0").digest == signed.digest
    assert list(source.tags()) == ["1.0"]
    layout = LayoutDirectory(tmp_path / "pulled")
    copy(source, layout, source.resolve("1.0"), tag="1.0")
    _, fallback = json.loads((signed.layout / "index.json").read_bytes())["manifests"]
    blobs = {path.name for path in (signed.layout / "blobs/sha256").iterdir()}
    # The index of referrers is each place's own document; all else is the same bytes.
    for name in blobs - {fallback["digest"].removeprefix("sha256:")}:
        pulled = (tmp_path / "pulled/blobs/sha256" / name).read_bytes()
        assert pulled == (signed.layout / "blobs/sha256" / name).read_bytes()
    keyring = Keyring([TrustedKey("builder", PublicKey.from_pem(signed.public_key.read_bytes()))])
    assert verify(signed.digest, bundles_of(layout, signed.digest), keyring, Mode.PRODUCTION).status == "trusted"


def test_pushing_again_adds_nothing(registry: str, pushed: str, signed: Signed) -> None:
    target = HttpRegistry(registry, "voice/tts", environ={})
    with PackageArchive(signed.package.path) as archive:
        copy(archive, target, archive.resolve("1.0"), tag="latest")
    assert sorted(target.tags()) == ["1.0", "latest"]
    assert len(target.referrers(signed.digest)) == 2


def test_oras_discovers_what_was_pushed(tools: Tools, pushed: str) -> None:
    said = tools.run("oras", "discover", "--plain-http", f"{pushed}:1.0", "--format", "json")
    assert len(json.loads(said)["referrers"]) == 2


def test_oras_pulls_what_was_pushed(tools: Tools, pushed: str, signed: Signed, tmp_path: Path) -> None:
    tools.run("oras", "pull", "--plain-http", f"{pushed}:1.0", "--output", tmp_path)
    assert (tmp_path / "models/vad.onnx").read_bytes() == (signed.layout / "models/vad.onnx").read_bytes()


def test_cosign_verifies_what_was_pushed(tools: Tools, pushed: str, signed: Signed) -> None:
    arguments = [*offline(signed.public_key), "--allow-http-registry", f"{pushed}@{signed.digest}"]
    tools.run("cosign", "verify", *arguments)
    tools.run("cosign", "verify-attestation", "--type", "slsaprovenance1", *arguments)


def test_skopeo_pushes_the_file(tools: Tools, registry: str, signed: Signed, tmp_path: Path) -> None:
    target = f"docker://{registry}/copied:1.0"
    tools.run("skopeo", "copy", "--dest-tls-verify=false", f"oci-archive:{signed.package.path}:1.0", target)
    source = HttpRegistry(registry, "copied", environ={})
    assert source.resolve("1.0").digest == signed.digest
    copy(source, LayoutDirectory(tmp_path / "pulled"), source.resolve("1.0"))


def test_what_oras_pushes_can_be_pulled(tools: Tools, registry: str, signed: Signed, tmp_path: Path) -> None:
    target = f"{registry}/copied:1.0"
    archive = f"{signed.package.path}:1.0"
    tools.run("oras", "copy", "--recursive", "--from-oci-layout", archive, "--to-plain-http", target)
    source = HttpRegistry(registry, "copied", environ={})
    layout = LayoutDirectory(tmp_path / "pulled")
    copy(source, layout, source.resolve("1.0"))
    assert len(bundles_of(layout, signed.digest)) == 2
