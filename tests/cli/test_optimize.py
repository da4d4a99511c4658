"""`remotemedia build --optimize`: smaller packages that say the same."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command

ROOT = Path(__file__).parents[2]


@pytest.fixture
def segments(tmp_path: Path) -> Path:
    """A pipeline around a model for speech, which has its weights in subgraphs' reach."""
    project = tmp_path / "segments"
    shutil.copytree(ROOT / "examples/speech_segments", project, ignore=shutil.ignore_patterns("__pycache__"))
    return project / "pipeline.py"


def test_scenario_optimize_model_weights(segments: Path, remotemedia: Command, tmp_path: Path) -> None:
    plain = json.loads(remotemedia("build", segments, "-o", tmp_path / "plain", "--json").stdout)
    done = remotemedia("build", segments, "-o", tmp_path / "small", "--optimize", "--json")
    assert done.returncode == 0, done.stderr
    small = json.loads(done.stdout)
    assert small["size"] < 0.6 * plain["size"]
    assert "silero_vad.onnx: 1.3 MB → 672.2 kB, fp16" in done.stderr
    assert "int8-dynamic" in done.stderr
    with tarfile.open(small["path"]) as archive:
        assert {"models/silero_vad.onnx", "meta/optimize.json"} <= set(archive.getnames())

    speech = ROOT / "testdata/speech/sense_0880.wav"
    said = [remotemedia("run", it["path"], "--input", speech) for it in (plain, small)]
    assert [it.returncode for it in said] == [0, 0], said[1].stderr
    assert said[0].stdout == said[1].stdout != ""


def test_the_same_options_give_the_same_package(segments: Path, remotemedia: Command, tmp_path: Path) -> None:
    built = remotemedia("build", segments, "-o", tmp_path, "--optimize=fp16", "--json")
    found = json.loads(built.stdout)
    again = remotemedia("build", segments, "--optimize=fp16", "--check", found["path"], "--json")
    assert again.returncode == 0, again.stdout
    assert json.loads(again.stdout)["same"] is True
    assert found["optimized"]["measurements"][0]["seconds"].keys() == {"original", "optimized"}


def test_nothing_is_tried_twice(segments: Path, remotemedia: Command, home: Path, tmp_path: Path) -> None:
    def build(*options: str, **environ: str) -> Any:
        words = ("build", segments, "-o", tmp_path / "out", "--optimize=fp16", "--json", *options)
        done = remotemedia(*words, env=environ)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    first = build()
    content = Path(first["path"]).read_bytes()
    second = build()
    assert (first["optimized"].pop("attemptsMade"), second["optimized"].pop("attemptsMade")) == (1, 0)
    assert second == first
    assert Path(first["path"]).read_bytes() == content
    assert "1 attempt to make models smaller" in remotemedia("cache", "info").stdout
    assert "attempt " in remotemedia("cache", "gc", "--older-than", "0", "--dry-run").stdout

    anew = build("--no-cache")
    assert (anew["optimized"]["attemptsMade"], anew["digest"]) == (1, first["digest"])
    assert remotemedia("cache", "clear").returncode == 0
    assert not list((home / "optimize").rglob("*.json"))
    assert build(REMOTEMEDIA_CACHE_SIZE="1kB")["optimized"]["attemptsMade"] == 1
    assert not list((home / "optimize").rglob("*.json")), "its result is too large to be kept"


def test_layers_are_not_compressed(segments: Path, remotemedia: Command) -> None:
    done = remotemedia("build", segments, "--optimize=zstd")
    assert done.returncode == 1
    assert done.stderr.startswith("error[RM318]: expected a way of making models smaller, got `zstd`")
