"""The demo pipeline against a reference in plain Python, on recorded speech, in both engines."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import soxr

from tests.conftest import REPOSITORY, Command

EXAMPLE = REPOSITORY / "examples" / "speech_segments"
SPEECH = REPOSITORY / "testdata" / "speech"
UTTERANCES = sorted(path.stem for path in SPEECH.glob("*.wav"))
RATE, WINDOW, CONTEXT = 16000, 512, 64
BORDER_S = 0.032

Samples = npt.NDArray[np.float32]
Segment = dict[str, float]


def read(path: Path) -> Samples:
    """A 16 kHz mono recording as float32."""
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2)
        data = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    return data.astype(np.float32) / np.float32(32768)


def write(path: Path, samples: npt.NDArray[Any], rate: int) -> None:
    """Frames of float samples, `(N,)` or `(N, C)`, as 16-bit wav."""
    with wave.open(str(path), "wb") as sound:
        sound.setparams((samples.shape[1] if samples.ndim > 1 else 1, 2, rate, 0, "NONE", ""))
        sound.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def reference(samples: Samples) -> list[Segment]:
    """The same segments in plain Python: every 32 ms window through the model, then a threshold with patience."""
    session = onnxruntime.InferenceSession(EXAMPLE / "silero_vad.onnx", providers=["CPUExecutionProvider"])
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros((1, CONTEXT), np.float32)
    probabilities = []
    for start in range(0, len(samples), WINDOW):
        window = samples[start : start + WINDOW]
        window = np.pad(window, (0, WINDOW - len(window)))[None]
        given = {"input": np.hstack([context, window]), "state": state, "sr": np.array(RATE, np.int64)}
        output, state = session.run(["output", "stateN"], given)
        context = window[:, -CONTEXT:]
        probabilities.append(float(output[0, 0]))
    segments, speech, last = [], [], 0
    for index, probability in [*enumerate(probabilities), *((len(probabilities) + i, -1.0) for i in range(3))]:
        if probability >= 0.5:
            speech.append((index, probability))
            last = index
        elif speech and index - last >= 3:
            mean = sum(p for _, p in speech) / len(speech)
            segments.append({"start": speech[0][0] * 0.032, "end": (last + 1) * 0.032, "probability": mean})
            speech = []
    return segments


def alike(got: list[Segment], expected: list[Segment]) -> None:
    """As many segments, with borders at most one window apart."""
    assert len(got) == len(expected) > 0
    for ours, theirs in zip(got, expected, strict=True):
        assert ours["start"] == pytest.approx(theirs["start"], abs=BORDER_S + 1e-9)
        assert ours["end"] == pytest.approx(theirs["end"], abs=BORDER_S + 1e-9)
        assert ours["probability"] == pytest.approx(theirs["probability"], abs=0.05)


def in_process(sound: Path) -> list[Segment]:
    """What `python pipeline.py` prints."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE / "pipeline.py"), str(sound)], capture_output=True, text=True, check=True
    )
    printed = ast.literal_eval(done.stdout)
    return printed if isinstance(printed, list) else [printed]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The example as a package, made by a home of its own."""
    place = tmp_path_factory.mktemp("speech")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMOTEMEDIA_HOME", str(place / "home"))
        patch.setenv("REMOTEMEDIA_ENV", "development")
        command = [sys.executable, "-m", "remotemedia.cli", "build", str(EXAMPLE / "pipeline.py"), "-o", str(place)]
        subprocess.run(command, check=True, capture_output=True)
        yield next(place.glob("*.rmpkg"))


def packaged(remotemedia: Command, package: Path, sound: Path) -> list[Segment]:
    """What `remotemedia run` of the package prints."""
    done = remotemedia("run", package, "--input", sound)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def concatenation() -> Samples:
    silence = np.zeros(RATE, np.float32)
    return np.concatenate([part for name in UTTERANCES for part in (read(SPEECH / f"{name}.wav"), silence)])


def test_there_is_speech_to_test_with() -> None:
    assert len(UTTERANCES) == 5


@pytest.mark.parametrize("name", UTTERANCES)
def test_utterance_gives_the_reference_segments(name: str, remotemedia: Command, package: Path) -> None:
    sound = SPEECH / f"{name}.wav"
    expected = reference(read(sound))
    alike(in_process(sound), expected)
    alike(packaged(remotemedia, package, sound), expected)


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (44100, 2), (48000, 1)])
def test_concatenation_gives_the_reference_segments(
    rate: int, channels: int, remotemedia: Command, package: Path, tmp_path: Path
) -> None:
    samples = concatenation()
    expected = reference(samples)
    sound = tmp_path / "all.wav"
    heard = samples if rate == RATE else soxr.resample(samples, RATE, rate)
    write(sound, np.repeat(heard[:, None], channels, axis=1), rate)
    alike(in_process(sound), expected)
    alike(packaged(remotemedia, package, sound), expected)


def test_both_engines_agree_to_the_last_digit(remotemedia: Command, package: Path) -> None:
    sound = SPEECH / "sense_0870.wav"
    assert in_process(sound) == packaged(remotemedia, package, sound)
