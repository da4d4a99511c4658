"""`remotemedia build`, `compile` and `inspect`."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import DOUBLE, Build, Project
from tests.conftest import Command


def test_scenario_package_contains_required_components(build: Build) -> None:
    with tarfile.open(build()) as archive:
        names = archive.getnames()
    assert {"manifest.json", "modules", "models", "meta"} <= set(names)
    assert {"modules/double.pynode", "meta/runtime.json", "meta/provenance.json"} <= set(names)


def test_scenario_build_package_from_python_file(build: Build) -> None:
    package = build()
    stem, _, digest = package.stem.rpartition("-")
    assert stem == "double"
    assert len(digest) == 12
    assert int(digest, 16) >= 0


def test_two_builds_in_different_directories_have_the_same_digest(
    project: Project, remotemedia: Command, tmp_path: Path
) -> None:
    first = project()
    second = tmp_path / "elsewhere" / "deeper"
    shutil.copytree(first.parent, second)
    built = [
        json.loads(remotemedia("build", file, "-o", tmp_path / f"out{i}", "--json").stdout)
        for i, file in enumerate((first, second / "pipeline.py"))
    ]
    assert built[0]["digest"] == built[1]["digest"]
    assert Path(built[0]["path"]).read_bytes() == Path(built[1]["path"]).read_bytes()


def test_build_runs_none_of_the_pipeline(build: Build, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    build(f"{DOUBLE}\nopen({str(marker)!r}, 'w').close()\n")
    assert not marker.exists()


def test_what_is_not_known_is_refused_with_its_place(project: Project, remotemedia: Command) -> None:
    file = project(
        DOUBLE.replace("factor=3", "factor=int(sys.argv[1])").replace(
            "from remotemedia", "import sys\nfrom remotemedia", 1
        )
    )
    done = remotemedia("build", file)
    assert done.returncode == 1
    assert "\nerror[RM107]" in done.stderr
    assert "pipeline.py:15:21" in done.stderr
    assert "sys.argv" in done.stderr


def test_compile_prints_what_serialize_gives(project: Project, remotemedia: Command) -> None:
    import subprocess
    import sys

    file = project(DOUBLE + "\nif __name__ == '__main__':\n    print(p.serialize())\n")
    serialized = json.loads(
        subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True).stdout
    )
    del serialized["metadata"]["created_at"]
    assert json.loads(remotemedia("compile", file).stdout) == serialized


def test_scenario_production_makes_no_key(project: Project, remotemedia: Command, home: Path) -> None:
    done = remotemedia("build", project(), env={"REMOTEMEDIA_ENV": "production"})
    assert done.returncode == 1
    assert "error[RM506]" in done.stderr
    assert not (home / "keys").exists()


@pytest.mark.parametrize("mode", ["development", "production"])
def test_unsigned_packages_can_be_built_on_request(
    mode: str, project: Project, remotemedia: Command, tmp_path: Path
) -> None:
    done = remotemedia("build", project(), "-o", tmp_path, "--unsigned", env={"REMOTEMEDIA_ENV": mode})
    assert done.returncode == 0
    assert "not signed" in done.stdout


def test_scenario_display_package_info(build: Build, remotemedia: Command) -> None:
    shown = remotemedia("inspect", build())
    assert shown.returncode == 0
    for word in (
        "double 0.0.0",
        "sha256:",
        "signed by `default`",
        "built",
        "python-wasm",
        "modules/double.pynode",
        "nothing beyond its sandbox",
    ):
        assert word in shown.stdout
    report = json.loads(remotemedia("inspect", next(Path(build(name="again")).parent.glob("*.rmpkg")), "--json").stdout)
    assert report["signature"]["status"] == "trusted"
    assert report["provenance"]["sourceHash"].startswith("sha256:")


def test_inspect_prints_the_manifest(build: Build, remotemedia: Command) -> None:
    manifest = json.loads(remotemedia("inspect", "--manifest", build()).stdout)
    assert manifest["nodes"] == [
        {"id": "Double", "node_type": "Double", "params": {"factor": 3}, "entry": "pipeline:Double"}
    ]


def test_scenario_include_dependencies(build: Build) -> None:
    package = build(
        DOUBLE.replace(
            "from remotemedia", "try:\n    import numpy\nexcept ImportError:\n    numpy = None\nfrom remotemedia", 1
        )
    )
    with tarfile.open(package) as archive:
        link = archive.getmember("meta/runtime.json")
        file = archive.extractfile(archive.getmember(link.linkname))
        assert file is not None
        runtime = json.load(file)
    assert any(row["distributions"][0]["name"] == "numpy" for row in runtime["dependencies"])


def test_help_explains_codes(remotemedia: Command) -> None:
    assert "not known before run time" in remotemedia("help", "RM107").stdout
    done = remotemedia("help", "RM999")
    assert done.returncode == 2
    assert "error[RM701]" in done.stderr


def test_help_imports_nothing_heavy(remotemedia: Command) -> None:
    done = remotemedia("--help", env={"PYTHONPROFILEIMPORTTIME": "1", **os.environ})
    assert done.returncode == 0
    for heavy in ("libcst", "cryptography", "numpy", "urllib3"):
        assert f" {heavy}\n" not in done.stderr
