"""Independent programs read a package as it is, and accept its signature."""

import json
from pathlib import Path

import pytest

from remotemedia.trust import SigningKey
from tests.full.tools import PREDICATES, Signed, Tools, offline

pytestmark = pytest.mark.full


def row(text: str) -> pytest.MarkDecorator:
    """The test's row in the table of what is read without a registry."""
    return pytest.mark.interop("local", text)


@row("`tar -x` of the file: the tree")
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
        "meta/sbom.sigstore.json",
        "meta/signature.sigstore.json",
        "models/vad.onnx",
        "modules/files/sound/voix été.wav",
        "modules/speech.pynode",
        "oci-layout",
    ]


@row("`skopeo inspect --raw oci-archive:` of the file")
def test_skopeo_inspects_the_file(tools: Tools, signed: Signed) -> None:
    said = tools.run("skopeo", "inspect", "--raw", f"oci-archive:{signed.package.path}:1.0")
    assert json.loads(said)["artifactType"] == "application/vnd.remotemedia.package.v1+json"


@row("`skopeo copy` of the file to a layout: the digest stays")
def test_skopeo_copies_the_file_to_a_layout(tools: Tools, signed: Signed, tmp_path: Path) -> None:
    tools.run("skopeo", "copy", f"oci-archive:{signed.package.path}:1.0", f"oci:{tmp_path / 'copy'}:1.0")
    index = json.loads((tmp_path / "copy/index.json").read_bytes())
    assert index["manifests"][0]["digest"] == signed.digest


@row("`oras discover --oci-layout` of file and layout: three referrers")
@pytest.mark.parametrize("packed", [True, False])
def test_oras_finds_every_referrer(tools: Tools, signed: Signed, *, packed: bool) -> None:
    place = signed.package.path if packed else signed.layout
    said = tools.run("oras", "discover", "--oci-layout", f"{place}:1.0", "--format", "json")
    types = [referrer["artifactType"] for referrer in json.loads(said)["referrers"]]
    assert types == ["application/vnd.dev.sigstore.bundle.v0.3+json"] * len(PREDICATES)


@row("`oras pull --oci-layout` of the file: files by name")
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


@row("`regctl artifact list ocidir://`: three referrers")
def test_regctl_lists_every_referrer(tools: Tools, signed: Signed) -> None:
    said = tools.run("regctl", "artifact", "list", f"ocidir://{signed.layout}:1.0", "--format", "{{json .}}")
    listed = json.loads(said)["descriptors"]
    predicates = {entry["annotations"]["dev.sigstore.bundle.predicateType"] for entry in listed}
    assert predicates == PREDICATES


@row("`cosign verify --local-image`")
def test_cosign_verifies_the_signature(tools: Tools, signed: Signed) -> None:
    tools.run("cosign", "verify", *offline(signed.public_key), "--local-image", signed.layout)


@row("`cosign verify-attestation --local-image`, `--type slsaprovenance1` and `cyclonedx`")
def test_cosign_verifies_the_attestations(tools: Tools, signed: Signed) -> None:
    for kind in ("slsaprovenance1", "cyclonedx"):
        arguments = [*offline(signed.public_key), "--type", kind, "--local-image", signed.layout]
        tools.run("cosign", "verify-attestation", *arguments)


@row("`cosign verify` with another key: refused")
def test_cosign_refuses_another_key(tools: Tools, signed: Signed, tmp_path: Path) -> None:
    (tmp_path / "other.pub").write_bytes(SigningKey.generate().public.to_pem())
    arguments = [*offline(tmp_path / "other.pub"), "--local-image", signed.layout]
    tools.run("cosign", "verify", *arguments, succeeds=False)
