"""Our command line with every registry and every login: push, tags, referrers, pull, verify, copy, resume."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest

from tests.full.ours import Ours
from tests.full.registries import KINDS, Endpoint, write_login
from tests.full.token_server import PASSWORD, USER
from tests.full.tools import Signed
from tests.full.wire import Wire

pytestmark = pytest.mark.full

MODEL_BYTES = 1 << 20
HALF = MODEL_BYTES // 2
# Heads, small files, and what was on its way when the connection was torn.
AROUND = 300 << 10
SECONDS = 30


def row(text: str) -> pytest.MarkDecorator:
    """The test's row in the table of our client."""
    return pytest.mark.interop("remotemedia", text)


def await_settled(directory: Path) -> None:
    """Wait until no unfinished blob has grown for a while."""
    sizes: list[int] = []
    deadline = time.monotonic() + SECONDS
    while len(sizes) < 3 or sizes[-1] == 0 or len(set(sizes[-3:])) > 1:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        sizes.append(sum(it.stat().st_size for it in directory.glob(".part-*")))


def through(wire: Wire, endpoint: Endpoint, directory: Path) -> Endpoint:
    """The same registry behind a wire, with a login for its other name."""
    write_login(directory / "wired", wire.host, endpoint.login)
    return Endpoint(endpoint.kind, endpoint.login, wire.host, directory / "wired")


@row("`push`, `pull`: the same bytes, trusted")
def test_a_pushed_package_comes_back_whole(ours: Ours, endpoint: Endpoint, pushed: str, signed: Signed) -> None:
    pulled = ours.report("pull", f"oci://{pushed}:1.0", at=endpoint)
    assert (pulled["digest"], pulled["status"]) == (signed.digest, "trusted")
    _, fallback = json.loads((signed.layout / "index.json").read_bytes())["manifests"]
    built = {path.name for path in (signed.layout / "blobs/sha256").iterdir()}
    kept = [path for path in (ours.home / "blobs/sha256").iterdir() if not path.name.startswith(".")]
    # The index of referrers is each place's own document.
    assert built - {fallback["digest"].removeprefix("sha256:")} <= {path.name for path in kept}
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in kept)


@row("`push` of what is there: no layer is sent")
def test_pushing_again_sends_no_layer(
    ours: Ours, endpoint: Endpoint, pushed: str, signed: Signed, tmp_path: Path
) -> None:
    with Wire(endpoint.host) as wire:
        ours("push", f"oci://{wire.host}/voice/tts:1.0", signed.package.path, at=through(wire, endpoint, tmp_path))
    assert wire.passed["up"] < 64 << 10


@row("`tags`; a tag is moved")
def test_tags_are_listed_and_moved(ours: Ours, endpoint: Endpoint, signed: Signed) -> None:
    repository = f"oci://{endpoint.host}/tagged"
    for tag in ("1.0", "latest", "1.0"):
        ours("push", f"{repository}:{tag}", signed.package.path, at=endpoint)
    assert sorted(ours.report("tags", repository, at=endpoint)["tags"]) == ["1.0", "latest"]


@row("referrers: signature, provenance and SBOM, each once")
def test_every_statement_is_found_once(ours: Ours, endpoint: Endpoint, pushed: str, signed: Signed) -> None:
    ours("push", f"oci://{pushed}:1.0", signed.package.path, at=endpoint)
    found = ours.report("inspect", f"oci://{pushed}@{signed.digest}", at=endpoint)
    assert [it["name"] for it in found["signature"]["signers"]] == ["builder"]
    assert (found["signed_provenance"]["status"], found["sbom"]["status"]) == ("trusted", "trusted")


@row("`verify` by tag and by digest")
def test_what_was_pushed_is_verified(ours: Ours, endpoint: Endpoint, pushed: str, signed: Signed) -> None:
    for name in (":1.0", f"@{signed.digest}"):
        verified = ours.report("verify", f"oci://{pushed}{name}", at=endpoint)
        assert (verified["status"], verified["provenance"]) == ("trusted", "trusted")


@row("`sign` in the registry")
def test_a_signature_is_added_in_the_registry(ours: Ours, endpoint: Endpoint, signed: Signed) -> None:
    reference = f"oci://{endpoint.host}/cosigned:1.0"
    ours("push", reference, signed.package.path, at=endpoint)
    ours("keys", "generate", "second")
    ours("sign", reference, "--key", "second", at=endpoint)
    signers = ours.report("verify", reference, at=endpoint)["signers"]
    assert {it["name"] for it in signers} == {"builder", "second"}


@row("`copy` to another repository (mounted), and to a layout")
def test_a_package_is_copied(ours: Ours, endpoint: Endpoint, pushed: str, signed: Signed, tmp_path: Path) -> None:
    ours("push", f"oci://{pushed}:1.0", signed.package.path, at=endpoint)
    with Wire(endpoint.host) as wire:
        host, wired = f"oci://{wire.host}", through(wire, endpoint, tmp_path)
        ours("copy", f"{host}/voice/tts:1.0", f"{host}/mirror/tts:1.0", at=wired)
    assert wire.passed["down"] < MODEL_BYTES // 2
    assert wire.passed["up"] < MODEL_BYTES // 2
    ours("copy", f"oci://{endpoint.host}/mirror/tts:1.0", f"oci-layout:{tmp_path / 'layout'}:1.0", at=endpoint)
    assert ours.report("verify", f"oci-layout:{tmp_path / 'layout'}:1.0")["digest"] == signed.digest


@row("`pull` goes on where the connection was lost")
def test_a_torn_download_goes_on(ours: Ours, endpoint: Endpoint, pushed: str, signed: Signed, tmp_path: Path) -> None:
    with Wire(endpoint.host, tear=("down", HALF)) as wire:
        wired = through(wire, endpoint, tmp_path)
        assert ours.report("pull", f"oci://{wire.host}/voice/tts:1.0", at=wired)["digest"] == signed.digest
    assert wire.torn.is_set()
    assert wire.passed["down"] < MODEL_BYTES + AROUND


@row("`pull` goes on where one before it was killed")
def test_a_killed_download_goes_on(ours: Ours, endpoint: Endpoint, pushed: str, signed: Signed, tmp_path: Path) -> None:
    with Wire(endpoint.host, tear=("down", HALF), stall=True) as wire:
        wired = through(wire, endpoint, tmp_path)
        process = ours.start("pull", f"oci://{wire.host}/voice/tts:1.0", at=wired)
        assert wire.torn.wait(SECONDS)
        await_settled(ours.home / "blobs/sha256")
        process.kill()
        process.wait(SECONDS)
    assert not (ours.home / "pipelines" / signed.digest.removeprefix("sha256:")).exists()
    with Wire(endpoint.host) as wire:
        wired = through(wire, endpoint, tmp_path)
        assert ours.report("pull", f"oci://{wire.host}/voice/tts:1.0", at=wired)["digest"] == signed.digest
    assert wire.passed["down"] < HALF + AROUND


@row("`push` survives a lost connection")
def test_a_torn_upload_arrives(ours: Ours, endpoint: Endpoint, signed: Signed, tmp_path: Path) -> None:
    with Wire(endpoint.host, tear=("up", HALF)) as wire:
        wired = through(wire, endpoint, tmp_path)
        ours("push", f"oci://{wire.host}/torn/tts:1.0", signed.package.path, at=wired)
    assert wire.torn.is_set()
    # docker-registry 2.8 forgets an upload whose connection was lost, and gets the blob again.
    again = HALF if endpoint.kind == "docker-registry" else 0
    assert wire.passed["up"] < MODEL_BYTES + again + AROUND
    assert ours.report("verify", f"oci://{endpoint.host}/torn/tts:1.0", at=endpoint)["status"] == "trusted"


@row("`push` goes on where one before it was killed")
def test_a_killed_upload_goes_on(ours: Ours, endpoint: Endpoint, signed: Signed, tmp_path: Path) -> None:
    with Wire(endpoint.host, tear=("up", HALF), stall=True) as wire:
        wired, words = through(wire, endpoint, tmp_path), ("push", f"oci://{wire.host}/killed/tts:1.0")
        process = ours.start(*words, signed.package.path, at=wired)
        assert wire.torn.wait(SECONDS)
        process.kill()
        process.wait(SECONDS)
        wire.mend()
        ours(*words, signed.package.path, at=wired)
    # docker-registry 2.8 forgets an upload whose connection was lost, and gets the blob again.
    again = HALF if endpoint.kind == "docker-registry" else 0
    assert wire.passed["up"] < MODEL_BYTES + again + AROUND
    assert ours.report("verify", f"oci://{endpoint.host}/killed/tts:1.0", at=endpoint)["status"] == "trusted"


@row("`login`: the right password is kept, a wrong one is not, and without one nothing is read")
def test_a_login_is_tried(ours: Ours, endpoint: Endpoint, pushed: str) -> None:
    reference, words = f"oci://{pushed}:1.0", ("login", endpoint.host, "-u", USER, "--password-stdin")
    if endpoint.login == "none":
        ours("verify", reference)
        return
    assert "RM403" in ours("verify", reference, status=4)
    assert "RM403" in ours(*words, stdin="wrong\n", status=4)
    assert "RM403" in ours("verify", reference, status=4)
    ours(*words, stdin=f"{PASSWORD}\n")
    ours("verify", reference)


@row("an identity token is exchanged")
@pytest.mark.parametrize("endpoint", [(kind, "token") for kind in KINDS], indirect=True, ids="-".join)
def test_an_identity_token_is_exchanged(ours: Ours, endpoint: Endpoint, pushed: str) -> None:
    write_login(ours.home / "docker", endpoint.host, endpoint.login, identity=True)
    ours("verify", f"oci://{pushed}:1.0")
