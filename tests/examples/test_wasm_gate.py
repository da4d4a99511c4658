"""A node written in Rust, from the package to the sound that comes out."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.conftest import REPOSITORY, Command

EXAMPLE = REPOSITORY / "examples" / "wasm_gate"


def read(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


def test_pauses_become_silent_and_speech_stays(tmp_path: Path, remotemedia: Command) -> None:
    built = remotemedia("build", EXAMPLE / "pipeline.py", "--output", tmp_path)
    assert built.returncode == 0, built.stderr
    (package,) = tmp_path.glob("*.rmpkg")
    recording = min((REPOSITORY / "testdata" / "speech").glob("*.wav"))
    gated, closed = tmp_path / "gated.wav", tmp_path / "closed.wav"
    done = remotemedia("run", package, "--input", recording, "--output", gated)
    assert done.returncode == 0, done.stderr
    before, after = read(recording), read(gated)
    silent = (after == 0) & (before != 0)
    assert np.abs(after - before)[~silent].max() <= 1
    assert 0 < silent.sum() < before.size / 2
    assert np.abs(before[silent]).mean() < np.abs(before[~silent]).mean() / 4
    done = remotemedia("run", package, "--input", recording, "--output", closed, "--set", "gate.threshold=1")
    assert done.returncode == 0, done.stderr
    assert not read(closed).any()
