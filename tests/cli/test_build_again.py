"""`build --check`, `build --lock`, and that program and command build the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from remotemedia.errors import PackageError
from remotemedia.runtime._pins import resolve_pins
from remotemedia.runtime._push import newest_package
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import BuildRequest, build_and_push, request_of
from tests.cli.conftest import DOUBLE, Build, Project
from tests.conftest import Command

OUTER = """\
from remotemedia import HFPipelineNode, Pipeline

p = Pipeline("outer").add(HFPipelineNode("inner", remote_ref="oci-layout:{store}:1"))
"""
EPOCH = {"SOURCE_DATE_EPOCH": "1700000000"}


@pytest.fixture
def store(project: Project, tmp_path: Path) -> Path:
    """A layout directory with a package under the tag `1`."""
    directory = tmp_path / "store"
    build_and_push(project(name="inner"), f"oci-layout:{directory}:1", environ={}, request=BuildRequest())
    return directory


def test_check_says_that_a_package_is_what_its_source_gives(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    package = build(DOUBLE, "--version", "2.1")
    source = tmp_path / "project" / "pipeline.py"
    source.touch()  # the build time is the package's
    before = set(tmp_path.rglob("*.rmpkg"))
    done = remotemedia("build", source, "--check", package)
    assert done.returncode == 0, done.stderr
    assert f"{package} is what `{source}` gives" in done.stdout
    assert set(tmp_path.rglob("*.rmpkg")) == before


def test_check_lists_what_differs(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    package = build()
    source = tmp_path / "project" / "pipeline.py"
    source.write_text(DOUBLE.replace("factor=3", "factor=4"))
    done = remotemedia("build", source, "--check", package, "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["same"] is False
    assert report["digest"] != report["rebuilt"]
    changed = {it["part"]: it["how"] for it in report["differences"]}
    assert changed["manifest.json"] == changed["modules/double.pynode"] == "changed"
    assert "meta/runtime.json" not in changed
    assert "build time" not in changed


def test_check_says_that_the_package_was_built_with_other_options(
    build: Build, remotemedia: Command, tmp_path: Path
) -> None:
    package, source = build(DOUBLE, "--optimize=fp16", "--max-error", "2"), tmp_path / "project" / "pipeline.py"
    done = remotemedia("build", source, "--check", package)
    assert done.returncode == 1
    assert "it was built with `--optimize=fp16 --max-error 2`" in done.stdout
    done = remotemedia("build", source, "--check", package, "--optimize=fp16", "--max-error", "2")
    assert done.returncode == 0, done.stdout
    done = remotemedia("build", source, "--check", build(name="plain"), "--optimize=fp16")
    assert "it was built without `--optimize=fp16 --max-error 0.01`" in done.stdout


def test_lock_pins_references(store: Path, project: Project, remotemedia: Command, tmp_path: Path) -> None:
    file = project(OUTER.format(store=store), name="outer")
    digest = json.loads((store / "index.json").read_text())["manifests"][0]["digest"]
    reference = f"oci-layout:{store}:1"
    built = json.loads(remotemedia("build", file, "-o", tmp_path, "--lock", "--json").stdout)
    shown = json.loads(remotemedia("inspect", built["path"], "--manifest").stdout)
    assert shown["nodes"][0]["remote_ref"] == f"{reference}@{digest}"
    tree = subprocess.run(["/bin/tar", "-xf", built["path"], "-C", tmp_path], check=False)
    assert tree.returncode == 0
    lock = json.loads((tmp_path / "meta/lock.json").read_text())
    assert lock == {"schemaVersion": 1, "references": [{"reference": reference, "digest": digest}]}

    # The lock of the package counts, though the tag has moved on.
    other = project(DOUBLE.replace("factor=3", "factor=5"), name="moved")
    build_and_push(other, reference, environ={}, request=BuildRequest())
    assert remotemedia("build", file, "--check", built["path"]).returncode == 0


def test_a_file_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(PackageError) as caught:
        resolve_pins([str(tmp_path / "x.rmpkg")], Network(offline=True))
    assert caught.value.code == "RM311"


def test_what_has_a_digest_needs_no_network() -> None:
    assert resolve_pins([f"oci://registry.invalid/a:1@sha256:{'0' * 64}"], Network(offline=True)) == {}


def test_program_and_command_build_the_same(
    project: Project, remotemedia: Command, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    calls = (
        f"print(p.export({str(tmp_path / 'export')!r}, version='1.2'))\n"
        f"print(p.push('oci-layout:{tmp_path}/pushed:1', version='1.2'))\n"
    )
    file = project(f"{DOUBLE}\nif __name__ == '__main__':\n    {calls.replace(chr(10), chr(10) + '    ').rstrip()}\n")
    (tmp_path / "export").mkdir()
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    exported, pushed = done.stdout.splitlines()
    command = ["build", file, "--version", "1.2", "--json", "-o"]
    built = json.loads(remotemedia(*command, tmp_path / "command").stdout)
    laid = json.loads(remotemedia(*command, f"oci-layout:{tmp_path}/laid:1").stdout)
    assert pushed == built["digest"] == laid["digest"]
    assert Path(exported).read_bytes() == Path(built["path"]).read_bytes()
    assert laid["path"] == f"oci-layout:{tmp_path}/laid:1"
    listed = [json.loads((tmp_path / name / "index.json").read_text()) for name in ("pushed", "laid")]
    assert listed[0] == listed[1]


def test_options_have_the_same_names_everywhere(home: Path) -> None:
    request = request_of({"REMOTEMEDIA_HOME": str(home)}, version="3", unsigned=True, lock=True, vendor_wheels=True)
    assert (request.version, request.signer, request.lock, request.wheels) == ("3", None, True, "vendor")


def test_push_takes_the_newest_build_and_lists_what_is_ambiguous(
    build: Build, remotemedia: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = build()
    monkeypatch.chdir(package.parent)
    assert newest_package(Path()) == Path(package.name)
    other = package.with_name("other-0123456789ab.rmpkg")
    other.write_bytes(package.read_bytes())
    done = remotemedia("push", f"oci-layout:{tmp_path}/store")
    assert done.returncode == 2
    assert "error[RM305]" in done.stderr
    assert f"`{package.name}`" in done.stderr
    assert f"`{other.name}`" in done.stderr
