"""A native program written in C, from its compiler to the sound that comes out."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from remotemedia.compiler import compile_file
from remotemedia.runtime.trace import trace_file
from remotemedia.schemas.modules import platform
from tests.conftest import REPOSITORY, Command

EXAMPLE = REPOSITORY / "examples" / "native_gain"


def read(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_sound_comes_out_half_as_loud(tmp_path: Path, remotemedia: Command) -> None:
    program = f"gain-{platform().rpartition('/')[2]}"
    example = shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("gain-*"))
    source = example / "pipeline.py"
    source.write_text(source.read_text().replace("gain-amd64", program).replace("linux/amd64", platform()))
    # Without the C library inside, which not every compiler has at hand.
    subprocess.run(["/bin/sh", str(example / "build.sh")], check=True, env={**os.environ, "CFLAGS": ""})
    traced = trace_file(source, arguments=[]).manifest
    assert traced["metadata"].pop("traced")
    assert compile_file(source).manifest == traced
    built = remotemedia("build", source, "--output", tmp_path)
    assert built.returncode == 0, built.stderr
    (package,) = tmp_path.glob("*.rmpkg")
    recording = next((REPOSITORY / "testdata" / "speech").glob("*.wav"))
    half, same = tmp_path / "half.wav", tmp_path / "same.wav"
    words = ("run", package, "--allow", "program", "--input", recording, "--output")
    done = remotemedia(*words, half)
    assert done.returncode == 0, done.stderr
    assert np.abs(read(half) - read(recording) / 2).max() <= 1
    done = remotemedia(*words, same, "--set", "gain.factor=1")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(read(same), read(recording))
