"""What `cosign verify` lets pass, we refuse: changed bytes, and provenance in the place of a signature.

That cosign passes each is asserted too: once it no longer does, the comparison is out of date.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from remotemedia.registry import digest_of, media_types
from remotemedia.trust import PROVENANCE_PREDICATE
from tests.full.ours import Ours
from tests.full.registries import serve
from tests.full.tools import Signed, Tools, offline

pytestmark = pytest.mark.full

REFUSED = 3  # the exit status


def row(text: str) -> pytest.MarkDecorator:
    """The test's row in the table of refusals."""
    return pytest.mark.interop("refusals", text)


@pytest.fixture
def copied(signed: Signed, tmp_path: Path) -> Path:
    """The package's layout, to be changed."""
    return shutil.copytree(signed.layout, tmp_path / "changed")


def blob(layout: Path, digest: str) -> Path:
    return layout / "blobs/sha256" / digest.removeprefix("sha256:")


def model_of(signed: Signed) -> str:
    manifest = json.loads(blob(signed.layout, signed.digest).read_bytes())
    digest: str = next(it["digest"] for it in manifest["layers"] if it["size"] == 1 << 20)
    return digest


def flip(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def assert_only_cosign_passes(tools: Tools, ours: Ours, signed: Signed, layout: Path, code: str) -> None:
    tools.run("cosign", "verify", *offline(signed.public_key), "--local-image", layout)
    assert code in ours("verify", f"oci-layout:{layout}:1.0", status=REFUSED)


@row("a byte of a model in a layout")
def test_a_changed_layer_of_a_layout(tools: Tools, ours: Ours, signed: Signed, copied: Path) -> None:
    flip(blob(copied, model_of(signed)), 1000)
    assert_only_cosign_passes(tools, ours, signed, copied, "RM302")


@row("the OCI manifest in a layout")
def test_a_changed_manifest_of_a_layout(tools: Tools, ours: Ours, signed: Signed, copied: Path) -> None:
    manifest = blob(copied, signed.digest)
    document = json.loads(manifest.read_bytes())
    document["annotations"] = {"added": "later"}
    manifest.write_text(json.dumps(document))
    assert_only_cosign_passes(tools, ours, signed, copied, "RM302")


@row("provenance alone, by the same key, in the place of a signature")
def test_provenance_is_no_signature(tools: Tools, ours: Ours, signed: Signed, copied: Path) -> None:
    keep_only_provenance(copied)
    assert_only_cosign_passes(tools, ours, signed, copied, "RM501")


@row("a byte of a model in a registry's storage")
def test_a_changed_layer_of_a_registry(tools: Tools, ours: Ours, signed: Signed, tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    with serve("registry", "none", tmp_path / "registry", tools) as endpoint:
        repository = f"{endpoint.host}/changed"
        ours("push", f"oci://{repository}:1.0", signed.package.path)
        name = model_of(signed).removeprefix("sha256:")
        [stored] = (tmp_path / "registry/storage").rglob(f"{name}/data")
        flip(stored, 1000)
        place = ["--allow-http-registry", f"{repository}@{signed.digest}"]
        tools.run("cosign", "verify", *offline(signed.public_key), *place)
        assert "RM405" in ours("pull", f"oci://{repository}:1.0", status=REFUSED)
        assert not list((ours.home / "blobs/sha256").glob(name))


def keep_only_provenance(layout: Path) -> None:
    """Take all other statements out of the index of referrers."""
    index: dict[str, Any] = json.loads((layout / "index.json").read_bytes())
    entry = index["manifests"][1]
    referrers = json.loads(blob(layout, entry["digest"]).read_bytes())
    kept = [
        it
        for it in referrers["manifests"]
        if it["annotations"]["dev.sigstore.bundle.predicateType"] == PROVENANCE_PREDICATE
    ]
    assert len(kept) == 1
    data = json.dumps({"schemaVersion": 2, "mediaType": media_types.INDEX, "manifests": kept}).encode()
    entry |= {"digest": digest_of(data), "size": len(data)}
    blob(layout, entry["digest"]).write_bytes(data)
    (layout / "index.json").write_text(json.dumps(index))
