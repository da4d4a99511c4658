"""What `make bench` prints: times of a run, and throughput as a ratio against the same work in plain Python.

Sides are measured in turn in processes of their own, both warm, and their outputs are compared. Medians are quoted,
with the number of rounds: a shared machine is noisy, a ratio of neighbours is not.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import wave
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
EXAMPLE = REPOSITORY / "examples" / "speech_segments" / "pipeline.py"
SPEECH = REPOSITORY / "testdata" / "speech"
REMOTEMEDIA = Path(sysconfig.get_path("scripts")) / "remotemedia"
ROUNDS = 9
WINDOW_S = 0.033
REPEATS = 8  # of the five utterances: about three minutes of sound

sys.path.insert(0, str(REPOSITORY))
from benchmarks.sides import compare, python  # noqa: E402  (found beside this file's parent)
from tests.simulators.registry import RegistrySimulator  # noqa: E402  (found beside this file's parent)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="remotemedia-bench-") as place, RegistrySimulator() as registry:
        os.environ |= {"REMOTEMEDIA_HOME": f"{place}/home", "REMOTEMEDIA_ENV": "development"}
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {ROUNDS} rounds, medians\n")
        stages(Path(place), f"oci://{registry.host}/bench/speech:1")
        throughput(Path(place))


def stages(place: Path, reference: str) -> None:
    """Every command once, then the run cold (nothing cached) and warm."""
    print("stage of the way                        seconds")
    built = json.loads(timed("build and sign", "build", EXAMPLE, "-o", place, "--json"))
    timed("push", "push", reference, built["path"])
    row("run, cold: pull, verify, first output", first_output(reference))
    warm = [first_output(reference, "--offline") for _ in range(ROUNDS)]
    row("run, warm: verify, first output", statistics.median(warm))
    out = subprocess.run(
        command("run", reference, "--timings", "--input", sound()), capture_output=True, text=True, check=True
    )
    print("\nstages of one warm run (executor's own clock)\n" + out.stderr)


def command(*words: object) -> list[str]:
    """A `remotemedia` command."""
    return [str(REMOTEMEDIA), *map(str, words)]


def timed(name: str, *words: object) -> str:
    """Run a command, print how long it took, give its output."""
    started = time.perf_counter()
    done = subprocess.run(command(*words), capture_output=True, text=True, check=True)
    row(name, time.perf_counter() - started)
    return done.stdout


def row(name: str, seconds: float) -> None:
    """One line of a table."""
    print(f"{name:<38}{seconds:9.3f}")


def sound() -> Path:
    """The recording of the timed runs."""
    return SPEECH / "sense_0870.wav"


def first_output(reference: str, *flags: str) -> float:
    """Seconds from the start of the command to its first line of output."""
    started = time.perf_counter()
    with subprocess.Popen(command("run", reference, "--input", sound(), *flags), stdout=subprocess.PIPE) as child:
        line = child.stdout.readline() if child.stdout else b""
        seconds = time.perf_counter() - started
        child.communicate()
    if child.returncode or not line:
        raise SystemExit(f"expected output, got exit status {child.returncode}")
    return seconds


def throughput(place: Path) -> None:
    """The engine against plain Python over the same sound, at the model's rate and at one that is resampled."""
    print(f"throughput, sound seconds per second    {'engine':>9}{'python':>9}{'ratio':>8}")
    for rate in (16000, 48000):
        recording = place / f"{rate}.wav"
        seconds = record(recording, rate)
        sides = {name: python(HERE / "speech_worker.py", name, recording) for name in ("engine", "plain")}
        found = compare(sides, ROUNDS, alike)
        ours, theirs = (seconds / found.seconds[name] for name in sides)
        print(f"{f'speech segments, {rate} Hz':<38}{ours:9.0f}{theirs:9.0f}{found.ratios['plain']:8.2f}")


def record(path: Path, rate: int) -> float:
    """Write the utterances one after another, several times; the length in seconds."""
    import numpy as np
    import soxr

    parts = []
    for name in sorted(SPEECH.glob("*.wav")):
        with wave.open(str(name)) as file:
            parts.append(np.frombuffer(file.readframes(file.getnframes()), "<i2"))
    samples = np.concatenate(parts * REPEATS).astype(np.float32) / 32768
    if rate != 16000:  # noqa: PLR2004 - the recordings' own rate
        samples = soxr.resample(samples, 16000, rate)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return len(samples) / rate


def alike(ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> None:
    """Both sides found the same segments, give or take one window."""
    same = len(ours) == len(theirs) and all(
        abs(a[key] - b[key]) <= WINDOW_S for a, b in zip(ours, theirs, strict=True) for key in ("start", "end")
    )
    if not same:
        raise SystemExit(f"expected equal segments, got {ours} and {theirs}")


if __name__ == "__main__":
    main()
