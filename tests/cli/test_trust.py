"""Packages that must not run, and the way through a registry."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import PackageError, RegistryError, TrustError
from remotemedia.runtime.network import Network
from remotemedia.runtime.resolve import Resolver
from tests.cli.conftest import DOUBLE, Build
from tests.conftest import Command
from tests.simulators.registry import RegistrySimulator

PRODUCTION = {"REMOTEMEDIA_ENV": "production"}


@pytest.fixture
def registry() -> Iterator[RegistrySimulator]:
    with RegistrySimulator() as simulator:
        yield simulator


def blobs(package: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(package) as archive:
        return [entry for entry in archive if entry.isfile() and not entry.islnk() and entry.size]


def flipped(package: Path, entry: tarfile.TarInfo, at: int) -> Path:
    """A copy with one bit of one entry changed."""
    copy = package.with_name("flipped.rmpkg")
    shutil.copyfile(package, copy)
    with copy.open("r+b") as file:
        file.seek(entry.offset_data + at)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    return copy


def test_scenario_package_signature_verification(build: Build, remotemedia: Command) -> None:
    package = build()
    assert remotemedia("run", package, "--input", "-", stdin="1\n", env=PRODUCTION).stdout == "3\n"
    for entry in blobs(package):
        if entry.name.startswith("blobs/"):
            done = remotemedia("run", flipped(package, entry, entry.size // 2), "--input", "-", stdin="1\n")
            assert done.returncode == 3, entry.name
            assert done.stdout == "", entry.name


def test_no_changed_byte_of_the_index_makes_a_package_look_unsigned(build: Build, home: Path) -> None:
    package = build()
    resolver = Resolver(os.environ, Network(offline=True))
    digest = resolver.resolve(str(package)).digest
    index = next(entry for entry in blobs(package) if entry.name == "index.json")
    refused = 0
    for at in range(index.size):
        try:
            found = resolver.resolve(str(flipped(package, index, at)))
        except (PackageError, RegistryError, TrustError):
            refused += 1
        else:
            assert (found.digest, found.verdict.status) == (digest, "trusted"), at
    assert refused > index.size / 2


def test_any_changed_layer_is_found_by_verify(build: Build, remotemedia: Command) -> None:
    package = build()
    for entry in blobs(package):
        if entry.name.startswith("blobs/"):
            done = remotemedia("verify", flipped(package, entry, 0))
            assert done.returncode == 3, entry.name


def test_unknown_keys_are_refused_in_production_and_warned_of_in_development(
    build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    package = build()
    stranger = {"REMOTEMEDIA_HOME": str(tmp_path / "stranger")}
    done = remotemedia("run", package, "--input", "-", stdin="1\n", env={**stranger, **PRODUCTION})
    assert done.returncode == 3
    assert "error[RM502]" in done.stderr
    done = remotemedia("run", package, "--input", "-", stdin="1\n", env=stranger)
    assert done.stdout == "3\n"
    assert "warning: the package is signed by a key that is not trusted" in done.stderr


def test_unsigned_packages_are_refused_in_production(build: Build, remotemedia: Command) -> None:
    done = remotemedia("run", build(DOUBLE, "--unsigned"), "--input", "-", stdin="1\n", env=PRODUCTION)
    assert done.returncode == 3
    assert "error[RM501]" in done.stderr


def test_a_signature_moved_from_another_package_is_refused(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    ours, other = build(), build(DOUBLE.replace("factor=3", "factor=4"), name="other")
    layout = tmp_path / "layout"
    for tag, package in (("ours", ours), ("other", other)):
        assert remotemedia("push", f"oci-layout:{layout}:{tag}", package).returncode == 0
    index = json.loads((layout / "index.json").read_text())
    names = {entry["annotations"].get("org.opencontainers.image.ref.name"): entry for entry in index["manifests"]}
    fallback = {tag: f"sha256-{names[tag]['digest'].removeprefix('sha256:')}" for tag in ("ours", "other")}
    referrers = read(layout, names[fallback["other"]]["digest"])
    moved = [move(layout, entry, names["ours"]) for entry in referrers["manifests"]]
    names[fallback["ours"]] |= put(layout, {**referrers, "manifests": moved})
    (layout / "index.json").write_text(json.dumps(index))
    done = remotemedia("run", f"oci-layout:{layout}:ours", "--input", "-", stdin="1\n")
    assert done.returncode == 3
    assert "error[RM504]" in done.stderr


def read(layout: Path, digest: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((layout / "blobs" / "sha256" / digest.removeprefix("sha256:")).read_bytes())
    return document


def put(layout: Path, document: object) -> dict[str, object]:
    from hashlib import sha256

    raw = json.dumps(document).encode()
    (layout / "blobs" / "sha256" / sha256(raw).hexdigest()).write_bytes(raw)
    return {"digest": f"sha256:{sha256(raw).hexdigest()}", "size": len(raw)}


def move(layout: Path, entry: dict[str, object], subject: dict[str, object]) -> dict[str, object]:
    """A referrer of another package, pointed at this one."""
    manifest = read(layout, str(entry["digest"]))
    manifest["subject"] = {key: subject[key] for key in ("mediaType", "digest", "size")}
    return {**entry, **put(layout, manifest)}


def test_scenario_cache_on_first_download_then_use_cached_package(
    registry: RegistrySimulator, build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    reference = f"oci://{registry.host}/team/double:1.0"
    assert remotemedia("push", reference, build()).returncode == 0
    reader = {"REMOTEMEDIA_HOME": str(tmp_path / "reader")}
    first = remotemedia("run", reference, "--input", "-", stdin="1\n", env=reader)
    assert first.stdout == "3\n", first.stderr
    assert len(list((tmp_path / "reader" / "pipelines").glob("[0-9a-f]*"))) == 1
    requests = len(registry.requests)
    for flags in ([], ["--offline"]):
        again = remotemedia("run", reference, "--input", "-", *flags, stdin="1\n", env=reader)
        assert again.stdout == "3\n", again.stderr
    assert len(registry.requests) == requests


def test_scenario_cache_invalidation(registry: RegistrySimulator, build: Build, remotemedia: Command) -> None:
    reference = f"oci://{registry.host}/team/double:1.0"
    remotemedia("push", reference, build())
    assert remotemedia("pull", reference).returncode == 0
    assert remotemedia("cache", "clear").returncode == 0
    done = remotemedia("run", reference, "--input", "-", "--offline", stdin="1\n")
    assert done.returncode == 4
    assert "error[RM407]" in done.stderr
    assert remotemedia("run", reference, "--input", "-", stdin="1\n").stdout == "3\n"


def test_scenario_tag_management(registry: RegistrySimulator, build: Build, remotemedia: Command) -> None:
    reference = f"oci://{registry.host}/team/double:latest"
    for factor in (3, 5):
        package = build(DOUBLE.replace("factor=3", f"factor={factor}"), name=f"v{factor}")
        assert remotemedia("push", reference, package).returncode == 0
        assert remotemedia("pull", reference).returncode == 0
        assert remotemedia("run", reference, "--input", "-", stdin="1\n").stdout == f"{factor}\n"


def test_a_pinned_digest_is_fetched_and_no_other(
    registry: RegistrySimulator, build: Build, remotemedia: Command
) -> None:
    reference = f"oci://{registry.host}/team/double"
    digests = []
    for factor in (3, 5):
        package = build(DOUBLE.replace("factor=3", f"factor={factor}"), name=f"v{factor}")
        digests.append(json.loads(remotemedia("push", f"{reference}:1", package, "--json").stdout)["digest"])
    assert remotemedia("run", f"{reference}@{digests[0]}", "--input", "-", stdin="1\n").stdout == "3\n"
    assert remotemedia("run", digests[0], "--input", "-", stdin="1\n").stdout == "3\n"


def test_scenario_handle_fetch_failures_gracefully(remotemedia: Command) -> None:
    done = remotemedia("pull", "oci://127.0.0.1:9/team/none:1")
    assert done.returncode == 4
    assert "error[RM404]" in done.stderr
    assert "= help:" in done.stderr


def test_push_without_a_package_takes_the_newest_build_here(
    registry: RegistrySimulator, build: Build, remotemedia: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(build().parent)
    assert remotemedia("push", f"oci://{registry.host}/team/double").returncode == 0
    shutil.copyfile(next(Path().glob("double-*.rmpkg")), "other-0123456789ab.rmpkg")
    done = remotemedia("push", f"oci://{registry.host}/team/double")
    assert done.returncode == 2
    assert "error[RM305]" in done.stderr


def test_keys_are_listed_exported_trusted_and_removed(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    package = build()
    public = tmp_path / "author.pub"
    public.write_text(remotemedia("keys", "export", "--public").stdout)
    operator = {"REMOTEMEDIA_HOME": str(tmp_path / "operator"), **PRODUCTION}
    assert remotemedia("keys", "trust", public, env=operator).returncode == 0
    assert remotemedia("run", package, "--input", "-", stdin="1\n", env=operator).stdout == "3\n"
    listed = json.loads(remotemedia("keys", "list", "--json", env=operator).stdout)["keys"]
    assert [(key["name"], key["own"]) for key in listed] == [("author", False)]
    assert remotemedia("keys", "remove", "author", env=operator).returncode == 0
    assert remotemedia("run", package, "--input", "-", stdin="1\n", env=operator).returncode == 3


@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        ({}, "development"),
        ({"CI": "true"}, "production"),
        ({"REMOTEMEDIA_ENV": "production"}, "production"),
        ({"CI": "true", "REMOTEMEDIA_ENV": "development"}, "development"),
    ],
)
def test_scenario_mode_detection(
    environ: dict[str, str], mode: str, remotemedia: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REMOTEMEDIA_ENV")
    monkeypatch.delenv("CI", raising=False)
    assert json.loads(remotemedia("doctor", "--json", env=environ).stdout)["mode"] == mode
