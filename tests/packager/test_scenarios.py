"""The scenarios of the packaging specification, at the level of this room: a file is compiled and packed."""

import hashlib
import json
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from remotemedia.compiler import compile_file
from remotemedia.packager import BuiltPackage, build
from tests.packager.projects import options

PIPELINE = """\
from pathlib import Path

import numpy
from remotemedia import AudioSource, Node, OnnxNode, Pipeline

import helpers

try:
    import accelerated
except ImportError:
    accelerated = None

try:
    import nowhere_to_be_found
except ImportError:
    nowhere_to_be_found = None


class Loud(Node):
    def process(self, value):
        return helpers.double(value)


here = Path(__file__).parent
p = Pipeline("speech segments")
p.add(AudioSource(path=here / "sound" / "speech.wav"))
p.add(OnnxNode(model=here / "vad.onnx"))
p.add(Loud())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "sound").mkdir(parents=True)
    (root / "pipeline.py").write_text(PIPELINE)
    (root / "helpers.py").write_text("import json\n\n\ndef double(value):\n    return value * 2\n")
    (root / "sound/speech.wav").write_bytes(b"RIFF")
    (root / "vad.onnx").write_bytes(b"weights")
    return root


def build_file(path: Path, out: Path) -> BuiltPackage:
    out.mkdir()
    return build(compile_file(path), out, options(version="0.3.0"))


@contextmanager
def unpacked(package: BuiltPackage, tree: Path) -> Iterator[Path]:
    tree.mkdir()
    with tarfile.open(package.path) as archive:
        archive.extractall(tree, filter="data")
    yield tree


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_scenario_package_contains_required_components(project: Path, tmp_path: Path) -> None:
    package = build_file(project / "pipeline.py", tmp_path / "out")
    listed = subprocess.run(["/bin/tar", "-tf", package.path], check=True, capture_output=True, text=True).stdout
    names = {name for name in listed.splitlines() if not name.startswith(("blobs/", "oci-layout", "index.json"))}
    assert names == {
        "manifest.json",
        "modules/",
        "models/",
        "meta/",
        "modules/speech-segments.pynode",
        "modules/files/sound/speech.wav",
        "models/vad.onnx",
        "meta/runtime.json",
        "meta/provenance.json",
        "meta/sbom.cdx.json",
        "meta/signature.sigstore.json",
        "meta/provenance.sigstore.json",
        "meta/sbom.sigstore.json",
    }


def test_scenario_build_package_from_python_file(project: Path, tmp_path: Path) -> None:
    package = build_file(project / "pipeline.py", tmp_path / "out")
    hexadecimal = package.digest.removeprefix("sha256:")
    assert package.path == tmp_path / "out" / f"speech-segments-{hexadecimal[:12]}.rmpkg"
    assert package.size == package.path.stat().st_size
    with unpacked(package, tmp_path / "tree") as tree:
        assert sha256(tree / "blobs/sha256" / hexadecimal) == hexadecimal

    (project / "helpers.py").write_text("def double(value):\n    return value + value\n")
    assert build_file(project / "pipeline.py", tmp_path / "again").path.name != package.path.name


def test_scenario_include_dependencies(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", "Fast_Accelerated", "4.5.6", module="accelerated")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    package = build_file(project / "pipeline.py", tmp_path / "out")
    with unpacked(package, tmp_path / "tree") as tree:
        runtime: dict[str, Any] = json.loads((tree / "meta/runtime.json").read_bytes())
        provenance = json.loads((tree / "meta/provenance.json").read_bytes())

    by_import = {dependency["import"]: dependency for dependency in runtime["dependencies"]}
    assert set(by_import) == {"numpy", "accelerated"}, "the standard library and remotemedia are no dependencies"
    assert by_import["accelerated"] == {
        "import": "accelerated",
        "optional": True,
        "importers": ["pipeline.py"],
        "distributions": [{"name": "fast-accelerated", "version": "4.5.6"}],
    }
    assert by_import["numpy"]["distributions"][0]["name"] == "numpy"
    assert runtime["unresolved"] == ["nowhere_to_be_found"]
    accelerated, numpy = runtime["distributions"]
    assert accelerated == {
        "name": "fast-accelerated",
        "version": "4.5.6",
        "license": "MIT",
        "extras": [],
        "requires": [],
        "native": [],
        "vendored": False,
    }
    assert numpy["version"] == metadata.version("numpy")
    assert "numpy._core._multiarray_umath" in numpy["native"]
    assert numpy["hashes"]["source"] == "record"
    assert provenance["dependencies"] == runtime["distributions"]


def test_scenario_record_build_metadata(project: Path, tmp_path: Path) -> None:
    package = build_file(project / "pipeline.py", tmp_path / "out")
    with unpacked(package, tmp_path / "tree") as tree:
        provenance = json.loads((tree / "meta/provenance.json").read_bytes())
    assert provenance["buildTimestamp"] == "2023-11-14T22:13:20Z"
    assert provenance["builder"] == {"id": "remotemedia/1.2.3"}
    assert provenance["source"] == "pipeline.py"
    assert [dependency["name"] for dependency in provenance["dependencies"]] == ["numpy"]

    inputs = ["helpers.py", "pipeline.py", "sound/speech.wav", "vad.onnx"]
    sums = subprocess.run(["/usr/bin/sha256sum", "--zero", *inputs], cwd=project, check=True, capture_output=True)
    assert provenance["sourceHash"] == f"sha256:{hashlib.sha256(sums.stdout).hexdigest()}"


def test_what_the_sandbox_lacks_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(
        "import numpy\nfrom remotemedia import Node, Pipeline\n\n\n"
        "class Mean(Node):\n    def process(self, value):\n        return numpy.mean(value)\n\n\n"
        "Pipeline('mean').add(Mean())\n"
    )
    package = build_file(tmp_path / "pipeline.py", tmp_path / "out")
    assert package.runtimes == {"Mean": "python"}
    lacking, unlocked = package.warnings
    assert lacking == "`Mean` needs `numpy`, which the sandbox does not have (pipeline.py:1)"
    assert "no hash of `numpy`" in unlocked
    with unpacked(package, tmp_path / "tree") as tree:
        assert json.loads((tree / "meta/runtime.json").read_bytes())["grants"] == ["python"]


def install(site: Path, name: str, version: str, module: str) -> None:
    """Puts a distribution where Python finds it."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (site / f"{module}.py").touch()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: MIT\n")
    (info / "RECORD").write_text(f"{module}.py,,\n")
