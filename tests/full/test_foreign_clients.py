"""Other clients read from every registry what ours pushed, and ours reads what they pushed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.full.ours import Ours
from tests.full.registries import Endpoint
from tests.full.tools import PREDICATES, Signed, Tools, offline

pytestmark = pytest.mark.full

ARTIFACT = "application/vnd.remotemedia.package.v1+json"


def row(text: str) -> pytest.MarkDecorator:
    """The test's row in the table of foreign clients."""
    return pytest.mark.interop("clients", text)


def predicates(descriptors: list[dict[str, dict[str, str]]]) -> set[str]:
    return {it["annotations"]["dev.sigstore.bundle.predicateType"] for it in descriptors}


@row("`cosign verify`")
def test_cosign_verifies_what_was_pushed(tools: Tools, endpoint: Endpoint, pushed: str, signed: Signed) -> None:
    place = ["--allow-http-registry", f"{pushed}@{signed.digest}"]
    tools.run("cosign", "verify", *offline(signed.public_key), *place, environ=endpoint.environ)


@row("`cosign verify-attestation --type slsaprovenance1`, `--type cyclonedx`")
def test_cosign_verifies_the_attestations(tools: Tools, endpoint: Endpoint, pushed: str, signed: Signed) -> None:
    place = ["--allow-http-registry", f"{pushed}@{signed.digest}"]
    for kind in ("slsaprovenance1", "cyclonedx"):
        arguments = [*offline(signed.public_key), "--type", kind, *place]
        tools.run("cosign", "verify-attestation", *arguments, environ=endpoint.environ)


@row("`oras discover`: three referrers")
def test_oras_discovers_what_was_pushed(tools: Tools, endpoint: Endpoint, pushed: str) -> None:
    arguments = ["discover", "--plain-http", f"{pushed}:1.0", "--format", "json"]
    found = json.loads(tools.run("oras", *arguments, environ=endpoint.environ))["referrers"]
    assert len(found) == len(PREDICATES)
    assert predicates(found) == PREDICATES


@row("`oras pull`: files by name")
def test_oras_pulls_what_was_pushed(
    tools: Tools, endpoint: Endpoint, pushed: str, signed: Signed, tmp_path: Path
) -> None:
    tools.run("oras", "pull", "--plain-http", f"{pushed}:1.0", "--output", tmp_path, environ=endpoint.environ)
    assert (tmp_path / "models/vad.onnx").read_bytes() == (signed.layout / "models/vad.onnx").read_bytes()


@row("`regctl artifact list`: three referrers")
def test_regctl_lists_what_was_pushed(tools: Tools, endpoint: Endpoint, pushed: str) -> None:
    arguments = ["artifact", "list", f"{pushed}:1.0", "--format", "{{json .}}"]
    found = json.loads(tools.run("regctl", *arguments, environ=endpoint.environ))["descriptors"]
    assert len(found) == len(PREDICATES)
    assert predicates(found) == PREDICATES


@row("`crane digest`; `crane pull`: every file")
def test_crane_pulls_what_was_pushed(
    tools: Tools, endpoint: Endpoint, pushed: str, signed: Signed, tmp_path: Path
) -> None:
    digest = tools.run("crane", "digest", "--insecure", f"{pushed}:1.0", environ=endpoint.environ)
    assert digest.strip() == signed.digest
    tools.run("crane", "pull", "--insecure", "--format=oci", f"{pushed}:1.0", tmp_path, environ=endpoint.environ)
    manifest = json.loads((signed.layout / "blobs/sha256" / signed.digest.removeprefix("sha256:")).read_bytes())
    for layer in manifest["layers"]:
        name = layer["digest"].removeprefix("sha256:")
        pulled = (tmp_path / "blobs/sha256" / name).read_bytes()
        assert pulled == (signed.layout / "blobs/sha256" / name).read_bytes()


@row("`skopeo inspect --raw`")
def test_skopeo_inspects_what_was_pushed(tools: Tools, endpoint: Endpoint, pushed: str) -> None:
    arguments = ["inspect", "--raw", "--tls-verify=false", f"docker://{pushed}:1.0"]
    assert json.loads(tools.run("skopeo", *arguments, environ=endpoint.environ))["artifactType"] == ARTIFACT


@row("`oras copy --recursive` of the file; we verify")
def test_what_oras_pushes_is_verified(
    tools: Tools, ours: Ours, endpoint: Endpoint, signed: Signed, tmp_path: Path
) -> None:
    target = f"{endpoint.host}/by-oras:1.0"
    one_by_one = ["--recursive", "--concurrency", "1"]  # olareg loses referrers that are pushed side by side
    place = ["--from-oci-layout", f"{signed.package.path}:1.0", "--to-plain-http", target]
    tools.run("oras", "copy", *one_by_one, *place, environ=endpoint.environ)
    assert_verified(ours, endpoint, target, signed)


@row("`regctl image copy --referrers` of the layout; we verify")
def test_what_regctl_pushes_is_verified(tools: Tools, ours: Ours, endpoint: Endpoint, signed: Signed) -> None:
    target = f"{endpoint.host}/by-regctl:1.0"
    arguments = ["image", "copy", "--referrers", f"ocidir://{signed.layout}:1.0", target]
    tools.run("regctl", *arguments, environ=endpoint.environ)
    assert_verified(ours, endpoint, target, signed)


@row("`crane copy` of package and referrers; we verify")
def test_what_crane_copies_is_verified(
    tools: Tools, ours: Ours, endpoint: Endpoint, pushed: str, signed: Signed
) -> None:
    target = f"{endpoint.host}/by-crane"
    tools.run("crane", "copy", "--insecure", f"{pushed}:1.0", f"{target}:1.0", environ=endpoint.environ)
    entries = json.loads((signed.layout / "index.json").read_bytes())["manifests"]
    index = json.loads((signed.layout / "blobs/sha256" / entries[1]["digest"].removeprefix("sha256:")).read_bytes())
    for entry in index["manifests"]:
        source, copied = f"{pushed}@{entry['digest']}", f"{target}@{entry['digest']}"
        tools.run("crane", "copy", "--insecure", source, copied, environ=endpoint.environ)
    assert_verified(ours, endpoint, f"{target}:1.0", signed)


@row("`skopeo copy` of the file; the digest stays")
def test_what_skopeo_pushes_has_the_same_digest(tools: Tools, ours: Ours, endpoint: Endpoint, signed: Signed) -> None:
    target = f"docker://{endpoint.host}/by-skopeo:1.0"
    arguments = ["copy", "--dest-tls-verify=false", f"oci-archive:{signed.package.path}:1.0", target]
    tools.run("skopeo", *arguments, environ=endpoint.environ)
    found = ours.report("inspect", f"oci://{endpoint.host}/by-skopeo:1.0", at=endpoint)
    assert found["digest"] == signed.digest
    # skopeo copies no referrers: what it brought is unsigned, and so refused in production.
    assert "RM501" in ours("pull", f"oci://{endpoint.host}/by-skopeo:1.0", at=endpoint, status=3)


@row("`cosign sign --key` in the registry; we verify")
def test_what_cosign_signs_is_verified(
    tools: Tools, ours: Ours, cosign_key: Path, endpoint: Endpoint, signed: Signed
) -> None:
    target = f"{endpoint.host}/by-cosign"
    ours("push", f"oci://{target}:1.0", signed.package.path, at=endpoint)
    unlogged = ["--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry", "--yes"]
    arguments = ["sign", "--key", cosign_key, *unlogged, f"{target}@{signed.digest}"]
    tools.run("cosign", *arguments, environ={**endpoint.environ, "COSIGN_PASSWORD": "password"})
    ours("keys", "trust", cosign_key.with_suffix(".pub"), "--name", "theirs")
    signers = ours.report("verify", f"oci://{target}:1.0", at=endpoint)["signers"]
    assert {it["name"] for it in signers if it["trusted"]} == {"builder", "theirs"}


def assert_verified(ours: Ours, endpoint: Endpoint, target: str, signed: Signed) -> None:
    verified = ours.report("verify", f"oci://{target}", at=endpoint)
    assert (verified["digest"], verified["status"]) == (signed.digest, "trusted")
    assert verified["provenance"] == "trusted"
