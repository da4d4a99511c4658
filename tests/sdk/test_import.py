"""What `import remotemedia` costs, and what it offers."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import remotemedia

HEAVY = ["numpy", "pydantic", "libcst", "typer", "cryptography", "urllib3", "asyncio", "remotemedia._native"]


def test_import_is_quick_and_light() -> None:
    code = f"""
import sys, time
start = time.perf_counter()
import remotemedia
spent = time.perf_counter() - start
from remotemedia import *
from remotemedia import Node
assert not [name for name in {HEAVY[:6]} if name in sys.modules]
print(spent)
"""
    spent = min(
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    )
    assert spent < 0.1


def test_building_a_manifest_is_light(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(
        "from remotemedia import *\np = Pipeline().add(AudioSource()).add(AudioMixNode())\np.serialize()\n"
        f"import sys\nassert not [name for name in {HEAVY[:6]} if name in sys.modules]\n",
        encoding="utf-8",
    )
    subprocess.run([sys.executable, str(tmp_path / "pipeline.py")], check=True)


@pytest.mark.parametrize("name", remotemedia.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(remotemedia, name).__name__ == name
    assert name in dir(remotemedia)


def test_stub_and_table_agree() -> None:
    assert remotemedia.__file__ is not None
    stub = ast.parse(Path(remotemedia.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    homes = {
        alias.asname: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert homes == remotemedia._HOMES  # type: ignore[attr-defined]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="`Pipelines`"):
        _ = remotemedia.Pipelines  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "name", ["array", "errors", "node", "nodes", "nodes.audio", "nodes.io", "nodes.ml", "pipeline", "values"]
)
def test_every_public_module_lists_its_names(name: str) -> None:
    module = importlib.import_module(f"remotemedia.{name}")
    assert module.__doc__
    assert all(hasattr(module, listed) for listed in module.__all__)
