"""Pure Python of other distributions, and data of packages, in the sandbox; and what its library is said to lack."""

from __future__ import annotations

import json
import os
import pkgutil
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from remotemedia.compiler.sandbox import absence
from tests.cli.conftest import Build
from tests.compiler.dependency_corpus import CORPUS, GENERATOR
from tests.conftest import Command

HEAD = "from remotemedia import Node, Pipeline\n"
TAIL = "\n\np = Pipeline('it')\np.add(It())\n"


def node(imports: str, expression: str) -> str:
    return f"{imports}\n{HEAD}\n\nclass It(Node):\n    def process(self, value):\n        return {expression}\n{TAIL}"


def run(package: Path, value: object, remotemedia: Command) -> Any:
    done = remotemedia("run", package, "--input", "-", stdin=json.dumps(value))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        (node("from packaging.version import Version", "str(max(map(Version, value)))"), ["1.9", "1.10"], "1.10"),
        (node("from sortedcontainers import SortedDict", "list(SortedDict(value))"), {"b": 1, "a": 2}, ["a", "b"]),
        (node("from markdown_it import MarkdownIt", "MarkdownIt().render(value)"), "# x", "<h1>x</h1>\n"),
        (node("import yaml", "yaml.safe_load(value)"), "a: [1, 2]", {"a": [1, 2]}),
    ],
)
def test_pure_distributions_run_in_the_sandbox(
    source: str, value: object, expected: object, build: Build, remotemedia: Command
) -> None:
    package = build(source)
    assert "python-wasm" in remotemedia("inspect", package).stdout
    assert run(package, value, remotemedia) == expected


def test_distributions_know_their_version_in_the_sandbox(build: Build, remotemedia: Command) -> None:
    from importlib.metadata import version

    package = build(
        node("import importlib.metadata\n\nimport packaging", "importlib.metadata.version(packaging.__name__)")
    )
    assert run(package, "x", remotemedia) == version("packaging")


def test_data_of_packages_is_there(remotemedia: Command, tmp_path: Path) -> None:
    project = shutil.copytree(CORPUS / "resources", tmp_path / "project")
    built = remotemedia("build", project / "pipeline.py", "-o", tmp_path, "--json")
    assert built.returncode == 0, built.stderr
    assert run(Path(json.loads(built.stdout)["path"]), "x", remotemedia) == [2, 3, "{}\n"]


def test_a_distribution_reads_its_own_data(remotemedia: Command, tmp_path: Path) -> None:
    with GENERATOR.environment() as site:
        path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
        program = CORPUS / "vendored" / "pipeline.py"
        built = remotemedia("build", program, "-o", tmp_path, "--json", env={"PYTHONPATH": path})
    assert built.returncode == 0, built.stderr
    assert run(Path(json.loads(built.stdout)["path"]), "the cat", remotemedia) == ["cat"]


def test_the_table_of_what_the_sandbox_lacks_is_true(build: Build, remotemedia: Command) -> None:
    source = (
        f"import importlib\n\n{HEAD}\n\nclass It(Node):\n    def process(self, value):\n        missing = []\n"
        "        for name in value:\n            try:\n                importlib.import_module(name)\n"
        f"            except ImportError:\n                missing.append(name)\n        return missing\n{TAIL}"
    )
    names = _standard_modules()
    missing = set(run(build(source), names, remotemedia))
    assert missing == {name for name in names if absence(name) is not None}


def _standard_modules() -> list[str]:
    """The public modules of this Python's standard library, two levels deep; single encodings aside."""
    library = Path(sysconfig.get_path("stdlib"))
    found = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    for top in sorted(found - {"encodings", "idlelib", "lib2to3", "turtledemo"}):
        inside = pkgutil.iter_modules([str(library / top)], f"{top}.")
        found |= {module.name for module in inside if not module.name.rpartition(".")[2].startswith(("_", "test"))}
    return sorted(found)


def test_explain_shows_where_nodes_run(remotemedia: Command, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(node("import numpy", "numpy.mean(value)"))
    shown = remotemedia("compile", tmp_path / "pipeline.py", "--explain")
    assert shown.returncode == 0, shown.stderr
    assert "native code of `numpy`" in shown.stdout
    assert "wants --allow It:python" in shown.stdout
    report = json.loads(remotemedia("compile", tmp_path / "pipeline.py", "--explain", "--json").stdout)
    (row,) = report["nodes"]
    assert row["runtime"] == "python"
    assert row["grants"] == ["python"]


def test_inspect_shows_distributions_and_licences(build: Build, remotemedia: Command) -> None:
    package = build(node("from packaging.version import Version", "str(Version(value))"))
    shown = remotemedia("inspect", package).stdout
    assert "in the package" in shown
    assert "Apache-2.0 OR BSD-2-Clause" in shown
    report = json.loads(remotemedia("inspect", package, "--json").stdout)
    assert report["distributions"][0]["name"] == "packaging"
    assert report["nodes"][0]["runtime"] == "python-wasm"
