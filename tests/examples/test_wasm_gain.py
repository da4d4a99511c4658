"""A node written in C, from the package to the sound that comes out."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.conftest import REPOSITORY, Command

EXAMPLE = REPOSITORY / "examples" / "wasm_gain"


def read(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


def test_sound_comes_out_half_as_loud(tmp_path: Path, remotemedia: Command) -> None:
    built = remotemedia("build", EXAMPLE / "pipeline.py", "--output", tmp_path)
    assert built.returncode == 0, built.stderr
    (package,) = tmp_path.glob("*.rmpkg")
    recording = next((REPOSITORY / "testdata" / "speech").glob("*.wav"))
    half, same = tmp_path / "half.wav", tmp_path / "same.wav"
    done = remotemedia("run", package, "--input", recording, "--output", half)
    assert done.returncode == 0, done.stderr
    assert "compiling component `gain.wasm`" in done.stderr
    assert np.abs(read(half) - read(recording) / 2).max() <= 1
    done = remotemedia("run", package, "--input", recording, "--output", same, "--set", "gain.factor=1")
    assert done.returncode == 0, done.stderr
    assert "compiling" not in done.stderr
    assert np.array_equal(read(same), read(recording))
