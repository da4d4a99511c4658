"""Independent programs read a package as it is, and accept its signature."""

import json
from pathlib import Path

import pytest

from remotemedia.trust import SigningKey
from tests.full.tools import Signed, Tools, offline

pytestmark = pytest.mark.full


def test_gnu_tar_shows_the_tree(signed: Signed) -> None:
    files = [path.relative_to(signed.layout) for path in sorted(signed.layout.rglob("*")) if path.is_file()]
    plain = [str(path) for path in files if path.parts[0] != "blobs"]
    assert plain == [
        "index.json",
        "manifest.json",
        "meta/provenance.json",
        "meta/provenance.sigstore.json",
        "meta/runtime.json",
        "meta/sbom.cdx.json",
        "meta/signature.sigstore.json",
        "models/vad.onnx",
        "modules/files/sound/voix été.wav",
        "modules/speech.pynode",
        "oci-layout",
    ]


def test_skopeo_inspects_the_file(tools: Tools, signed: Signed) -> None:
    said = tools.run("skopeo", "inspect", "--raw", f"oci-archive:{signed.package.path}:1.0")
    assert json.loads(said)["artifactType"] == "application/vnd.remotemedia.package.v1+json"


def test_skopeo_copies_the_file_to_a_layout(tools: Tools, signed: Signed, tmp_path: Path) -> None:
    tools.run("skopeo", "copy", f"oci-archive:{signed.package.path}:1.0", f"oci:{tmp_path / 'copy'}:1.0")
    index = json.loads((tmp_path / "copy/index.json").read_bytes())
    assert index["manifests"][0]["digest"] == signed.digest


@pytest.mark.parametrize("packed", [True, False])
def test_oras_finds_both_referrers(tools: Tools, signed: Signed, *, packed: bool) -> None:
    place = signed.package.path if packed else signed.layout
    said = tools.run("oras", "discover", "--oci-layout", f"{place}:1.0", "--format", "json")
    found = json.loads(said)["referrers"]
    assert [referrer["artifactType"] for referrer in found] == ["application/vnd.dev.sigstore.bundle.v0.3+json"] * 2


def test_oras_pulls_the_files_by_name(tools: Tools, signed: Signed, tmp_path: Path) -> None:
    tools.run("oras", "pull", "--oci-layout", f"{signed.package.path}:1.0", "--output", tmp_path)
    pulled = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert pulled == {
        "manifest.json",
        "meta/provenance.json",
        "meta/runtime.json",
        "meta/sbom.cdx.json",
        "models/vad.onnx",
        "modules/files/sound/voix été.wav",
        "modules/speech.pynode",
    }
    assert (tmp_path / "models/vad.onnx").read_bytes() == (signed.layout / "models/vad.onnx").read_bytes()


def test_regctl_lists_both_referrers(tools: Tools, signed: Signed) -> None:
    said = tools.run("regctl", "artifact", "list", f"ocidir://{signed.layout}:1.0", "--format", "{{json .}}")
    listed = json.loads(said)["descriptors"]
    predicates = {entry["annotations"]["dev.sigstore.bundle.predicateType"] for entry in listed}
    assert predicates == {"https://sigstore.dev/cosign/sign/v1", "https://slsa.dev/provenance/v1"}


def test_cosign_verifies_the_signature(tools: Tools, signed: Signed) -> None:
    tools.run("cosign", "verify", *offline(signed.public_key), "--local-image", signed.layout)


def test_cosign_verifies_the_provenance(tools: Tools, signed: Signed) -> None:
    arguments = [*offline(signed.public_key), "--type", "slsaprovenance1", "--local-image", signed.layout]
    tools.run("cosign", "verify-attestation", *arguments)


def test_cosign_refuses_another_key(tools: Tools, signed: Signed, tmp_path: Path) -> None:
    (tmp_path / "other.pub").write_bytes(SigningKey.generate().public.to_pem())
    arguments = [*offline(tmp_path / "other.pub"), "--local-image", signed.layout]
    tools.run("cosign", "verify", *arguments, succeeds=False)
