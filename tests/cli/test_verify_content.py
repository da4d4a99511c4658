"""What `verify` says of changed files, although it hashes them before it knows who signed the package."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import pytest

from remotemedia.runtime.network import Network
from remotemedia.runtime.resolve import Resolver
from remotemedia.trust import SigningKey
from tests.conftest import Command
from tests.registry.samples import KEY, Package, make_package

PRODUCTION = {"REMOTEMEDIA_ENV": "production"}


@pytest.fixture
def package() -> Package:
    package = make_package()
    package.sign()
    return package


@pytest.fixture(autouse=True)
def _trusted(home: Path) -> None:
    (home / "trust").mkdir(parents=True)
    (home / "trust" / "release.pub").write_bytes(KEY.public.to_pem())


def written(package: Package, place: str, tmp_path: Path) -> tuple[str, Path]:
    """Write a package: what names it on the command line, and the file that holds its bytes."""
    if place == "file":
        path = package.pack(tmp_path / "speech.rmpkg")
        return str(path), path
    layout = package.write(tmp_path / "layout")
    return f"oci-layout:{layout.path}", layout.path / "blobs/sha256" / package.model.digest.removeprefix("sha256:")


def changed(package: Package, file: Path) -> None:
    """Change the last byte of the model, wherever that is."""
    raw, model = file.read_bytes(), package.blobs[package.model.digest]
    at = raw.index(model) + len(model) - 1
    file.chmod(0o644)
    file.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])


def refusal(remotemedia: Command, name: str, env: dict[str, str] | None = None) -> tuple[str, str]:
    done = remotemedia("verify", name, "--json", env=env)
    assert done.returncode != 0, done.stdout
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    return error["code"], error["message"]


@pytest.mark.parametrize("place", ["file", "layout"])
def test_a_changed_layer_under_a_good_signature_is_refused_by_name(
    package: Package, place: str, inside: Command, tmp_path: Path
) -> None:
    name, file = written(package, place, tmp_path)
    assert inside("verify", name, env=PRODUCTION).returncode == 0
    changed(package, file)
    code, message = refusal(inside, name)
    assert code == "RM302"
    assert package.model.digest in message
    assert f"for `{package.model.title}`" in message


@pytest.mark.parametrize("place", ["file", "layout"])
def test_a_signature_that_does_not_count_is_told_before_a_changed_layer(
    place: str, inside: Command, tmp_path: Path
) -> None:
    package = make_package()
    package.sign(SigningKey.generate())
    name, file = written(package, place, tmp_path)
    changed(package, file)
    assert refusal(inside, name, PRODUCTION)[0] == "RM502"


def test_checks_stand_in_their_order_and_the_verdict_is_that_of_a_run(
    package: Package, inside: Command, tmp_path: Path
) -> None:
    name, _ = written(package, "file", tmp_path)
    found = Resolver(os.environ, Network()).resolve(name)
    found.check_content()
    report = json.loads(inside("verify", name, "--json").stdout)
    assert [tuple(it.values()) for it in report["checks"]] == list(found.verdict.checks)
    lines = inside("verify", name).stdout.splitlines()
    headings = [line.strip() for line in lines if line.startswith("  ") and line[2] != " "]
    assert headings[:2] == ["the signature", "the package"]
    assert lines[0] == package.digest
    assert report["status"] == found.verdict.status == "trusted"
    assert report["digest"] == package.digest


def test_what_the_cache_holds_is_hashed_too(package: Package, inside: Command, home: Path, tmp_path: Path) -> None:
    package.write(tmp_path / "layout")
    cached = home / "pipelines" / package.digest.removeprefix("sha256:")
    package.write(cached)
    assert inside("verify", package.digest, env=PRODUCTION).returncode == 0
    file = cached / "blobs/sha256" / package.model.digest.removeprefix("sha256:")
    stamp = file.stat()
    changed(package, file)
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # so that nothing but its bytes tells
    code, message = refusal(inside, package.digest)
    assert (code, package.model.digest in message) == ("RM302", True)


@pytest.mark.parametrize(
    "words",
    [("--help",), ("nothing.rmpkg",), ("--key", "{package}", "nothing.rmpkg"), ("{package}", "--key", "nothing.pub")],
)
def test_what_was_begun_in_vain_leaves_nothing_behind(
    words: tuple[str, ...], package: Package, inside: Command, tmp_path: Path
) -> None:
    name, _ = written(package, "file", tmp_path)
    before, interval = threading.active_count(), sys.getswitchinterval()
    done = inside("verify", *(word.format(package=name) for word in words))
    assert (done.returncode == 0) == (words == ("--help",))
    assert (threading.active_count(), sys.getswitchinterval()) == (before, interval)
    assert name not in [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]


def test_the_words_may_stand_in_any_order(package: Package, inside: Command, tmp_path: Path) -> None:
    name, file = written(package, "file", tmp_path)
    (tmp_path / "other.pub").write_bytes(KEY.public.to_pem())
    assert inside("verify", "--key", tmp_path / "other.pub", name).returncode == 0
    changed(package, file)
    assert inside("verify", "--key", tmp_path / "other.pub", name).returncode != 0
