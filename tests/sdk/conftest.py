"""The golden vectors and their notation."""

import importlib.util
import json
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

PACKETS = Path(__file__).resolve().parents[2] / "testdata" / "packets"


def load(path: Path, name: str) -> ModuleType:
    """Import a file that is in no package."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def notation() -> ModuleType:
    return load(PACKETS / "notation.py", "packets_notation")


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Any]:
    """Writes files of a project and runs one of them: `program({"pipeline.py": "…"})` gives its module."""

    def run(files: dict[str, str], main: str = "pipeline.py") -> ModuleType:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load(tmp_path / main, f"program_of_{tmp_path.name}")

    return run


@pytest.fixture(scope="session")
def speech() -> dict[str, NDArray[np.float32]]:
    """Recorded utterances by name: mono, 16 kHz, full scale 1."""
    recordings = {}
    for path in sorted((PACKETS.parent / "speech").glob("*.wav")):
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
            recordings[path.stem] = np.frombuffer(file.readframes(-1), "<i2").astype(np.float32) / np.float32(32768)
    return recordings


def vectors(directory: Path = PACKETS) -> list[Any]:
    """All vectors of a directory, as parameters of a test."""
    return [
        pytest.param(vector, id=f"{path.stem}-{vector['name']}")
        for path in sorted(directory.glob("*.json"))
        for vector in json.loads(path.read_text(encoding="utf-8"))
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test that asks for a `vector` all of them, `refused_value` and `refused_body` likewise."""
    if "vector" in metafunc.fixturenames:
        metafunc.parametrize("vector", vectors())
    for name in ("value", "body"):
        if f"refused_{name}" in metafunc.fixturenames:
            entries = json.loads((PACKETS / "refused" / f"{name if name == 'value' else 'bodie'}s.json").read_text())
            metafunc.parametrize(f"refused_{name}", [pytest.param(entry, id=entry["name"]) for entry in entries])
