"""What `make bench-engine` prints: every figure of the engine beside a peer that does the same work here and now.

    python benchmarks/engine.py [ROW …]

Sides are warm processes of their own, measured in turn, and their outputs are compared; medians are quoted. Where the
peer is a program that is not installed (`gst-launch-1.0`, `sox`), the row says so. At a row's end stands the goal.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
SPEECH = REPOSITORY / "testdata" / "speech"
ROUNDS = int(os.environ.get("ROUNDS", "5"))
EXAMPLE = ["--release", "--locked", "--manifest-path", str(REPOSITORY / "rust_exec" / "Cargo.toml")]
MINUTES = float(os.environ.get("MINUTES", "60"))  # of sound

sys.path.insert(0, str(REPOSITORY))
from benchmarks.sides import compare, python  # noqa: E402 - found beside this file's parent


def main() -> None:
    """Measure the rows that are asked for, or all."""
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {ROUNDS} rounds, {MINUTES:g} minutes of sound\n")
    with tempfile.TemporaryDirectory(prefix="remotemedia-bench-") as place:
        os.environ |= {"REMOTEMEDIA_HOME": f"{place}/home", "REMOTEMEDIA_ENV": "development"}
        for name in sys.argv[1:] or ROWS:
            ROWS[name](Path(place))


def row(what: str, figure: str, goal: str) -> None:
    """One line of the table."""
    print(f"{what:<64}{figure:<44}{goal}", flush=True)


def example(crate: str, name: str, *arguments: object) -> dict[str, Any]:
    """Run an example program of a crate, and give the JSON object that it prints."""
    command = ["cargo", "run", "--quiet", *EXAMPLE, "-p", f"remotemedia-{crate}", "--example", name, "--"]
    done = subprocess.run([*command, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def answer(*command: object) -> dict[str, Any]:
    """Run a program, and give the JSON object that it prints."""
    done = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def processor_seconds(command: list[str]) -> float:
    """User and system time of a child, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def hops(_: Path) -> None:
    """What a packet costs from one node to the next."""
    for form, element, goal in (("fused", "identity", "≤ 100 ns"), ("threads", "queue", "≤ 0.5 x GStreamer")):
        ours, theirs = [], []
        for _round in range(ROUNDS):
            ours.append(example("engine", "hops", form, 10)["cpu_ns_per_hop"])
            if shutil.which("gst-launch-1.0"):
                theirs.append(gstreamer_hop(element))
        figure = f"{statistics.median(ours):.0f} ns CPU"
        if theirs:
            ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
            figure += f"; `{element}` {statistics.median(theirs):.0f} ns; {ratio:.2f} x"
        else:
            figure += "; GStreamer is not installed"
        row(f"10 nodes, {form}, a packet of 1280 bytes, per hop", figure, goal)


def gstreamer_hop(element: str) -> float:
    """Nanoseconds of CPU that one element more costs a buffer: a line of eleven less a line of one."""
    buffers = 300_000

    def seconds(elements: int) -> float:
        chain = " ! ".join([element] * elements)
        source = f"fakesrc num-buffers={buffers} sizetype=fixed sizemax=1280"
        return processor_seconds(["gst-launch-1.0", "-q", *f"{source} ! {chain} ! fakesink".split()])

    return 1e9 * (seconds(11) - seconds(1)) / buffers / 10


def nodes(_: Path) -> None:
    """Python nodes in `p.run()`."""
    number = 100_000
    for form in ("sync", "async", "generator"):
        times: dict[str, list[float]] = {"ours": [], "asyncio": [], "bare": []}
        for _round in range(ROUNDS):
            sums = set()
            for name, all_ in times.items():
                found = answer(*python(HERE / "python_nodes.py", name, form, number))
                all_.append(found["seconds"])
                sums.add(found["checksum"])
            if len(sums) != 1:
                raise SystemExit(f"expected equal results, got the sums {sums}")
        ratio = statistics.median(b / a for a, b in zip(times["ours"], times["asyncio"], strict=True))
        over = statistics.median(a - b for a, b in zip(times["ours"], times["bare"], strict=True))
        figure = f"{ratio:.1f} x asyncio queues; {1e6 * over / number / 3:.2f} µs over the call"
        row(f"3 Python nodes, {form}, {number} items", figure, "≥ 2 x" + (", ≤ 0.3 µs" if form == "sync" else ""))


def audio(place: Path) -> None:
    """Stereo of 44.1 kHz to mono of 16 kHz, voice activity, 16-bit frames of 20 ms."""
    recording = place / "stereo.wav"
    stereo(recording, 60 * MINUTES)
    for suffix, how, goal in (("", "frames of 20 ms", "≥ 2 x"), ("-whole", "one packet", "≥ 1.2 x")):
        sides = {name: python(HERE / "audio_chain.py", name + suffix, recording) for name in ("ours", "python")}
        found = compare(sides, ROUNDS, alike_sound)
        figure = f"{found.ratios['python']:.2f} x soxr and numpy ({found.seconds['ours']:.2f} s)"
        row(f"sound to 16 kHz mono, VAD, i16, {how}", figure, goal)
    peers = {
        "sox": ["sox", str(recording), "-r", "16000", "-c", "1", "-b", "16", str(place / "sox.wav"), "rate", "-h"],
        "gst-launch-1.0": [
            *["gst-launch-1.0", "-q", "filesrc", f"location={recording}", "!", "wavparse", "!", "audioconvert", "!"],
            *["audioresample", "quality=10", "!", "audio/x-raw,rate=16000,channels=1,format=S16LE", "!", "fakesink"],
        ],
    }
    for name, command in peers.items():
        if shutil.which(name):
            times = [processor_seconds(command) for _round in range(ROUNDS)]
            row(f"  beside it, resampling alone: `{name}`", f"{statistics.median(times):.2f} s CPU", "")


def stereo(path: Path, seconds: float) -> None:
    """Write real speech at 44.1 kHz, once on each side, the right a little later."""
    import numpy as np
    import soxr

    parts = []
    for name in sorted(SPEECH.glob("*.wav")):
        with wave.open(str(name)) as file:
            parts.append(np.frombuffer(file.readframes(file.getnframes()), "<i2"))
    mono = soxr.resample(np.concatenate(parts).astype(np.float32), 16_000, 44_100)
    once = np.clip(np.stack([mono, np.roll(mono, 100)], axis=1), -32768, 32767).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        for _ in range(max(1, round(seconds * 44_100 / len(mono)))):
            file.writeframes(once)


def alike_sound(ours: list[float], theirs: list[float]) -> None:
    """As many frames, nearly as many of them speech, and the same energy to a percent."""
    frames, speech, energy = (abs(a - b) / max(b, 1) for a, b in zip(ours, theirs, strict=True))
    if frames > 1e-4 or speech > 0.01 or energy > 0.01:  # noqa: PLR2004 - the filters' edges differ
        raise SystemExit(f"expected the same sound, got {ours} and {theirs}")


def silero(_: Path) -> None:
    """The voice-activity model, one stream and sixteen."""
    for streams, goal in ((1, "≥ 1.1 x"), (16, "≥ 2 x")):
        ratios = []
        for _round in range(ROUNDS):
            ours, theirs = (answer(*python(HERE / "onnx_streams.py", name, streams)) for name in ("ours", "python"))
            if abs(ours["checksum"] - theirs["checksum"]) > 1e-3 * abs(theirs["checksum"]):
                raise SystemExit(f"expected the same probabilities, got the sums {ours} and {theirs}")
            ratios.append(theirs["seconds"] / ours["seconds"])
        row(f"silero VAD, {streams} streams", f"{statistics.median(ratios):.2f} x Python + onnxruntime", goal)


def calls(_: Path) -> None:
    """A call of a sandboxed Python node."""
    os.environ.setdefault("REMOTEMEDIA_RUNNER", str(REPOSITORY / "runtime" / "_runner"))
    command = ["cargo", "build", *EXAMPLE, "-p", "remotemedia-wasm", "--example", "sandbox_calls"]
    built = subprocess.run([*command, "--message-format=json"], check=True, capture_output=True, text=True)
    programs = (json.loads(line).get("executable") for line in built.stdout.splitlines())
    found = answer(*python(HERE / "python_calls.py", next(filter(None, programs))))
    goals = {
        "tiny_json_ns": "≤ 2 x native CPython, about 8 µs",
        "audio_20_ms_ns": "≤ 6 µs",
        "tensor_1_mib_ns": "≤ 1000 µs",
        "fresh_to_first_packet_ns": "≤ 6000 µs",
        "snapshot_fresh_restore_ns": "≤ 8000 µs",
    }
    for key, goal in goals.items():
        figure = f"{found[key] / 1000:.1f} µs"
        if key == "tiny_json_ns":
            figure += f"; native {found['native_json_ns'] / 1000:.1f} µs"
        row(f"python-wasm: {key.removesuffix('_ns').replace('_', ' ')}", figure, goal)


def startup(place: Path) -> None:
    """From the command to the first line of output, for a small package that is in the cache."""
    with small_package(place) as (reference, path, digest):
        text = json.dumps("hello") + "\n"
        command = [str(SCRIPTS / "remotemedia"), "run", reference, "--offline", "--input", "-"]
        alone = [str(SCRIPTS / "remotemedia-executor"), "run", "--package", path, "--digest", digest, "--input", "-"]
        alone += ["--runner", str(REPOSITORY / "runtime" / "_runner"), "--home", os.environ["REMOTEMEDIA_HOME"]]
        for what, words, goal in (("remotemedia run", command, "≤ 300 ms"), ("executor alone", alone, "≤ 60 ms")):
            times = sorted(first_line(words, text) for _round in range(3 * ROUNDS))
            figure = f"{1e3 * statistics.median(times):.0f} ms (least {1e3 * times[0]:.0f})"
            row(f"first output of a sandboxed Python node: {what}", figure, goal)


@contextmanager
def small_package(place: Path) -> Iterator[tuple[str, str, str]]:
    """A package of one Python node in the cache: reference, directory and digest."""
    program = place / "small"
    program.mkdir(exist_ok=True)
    (program / "pipeline.py").write_text(
        "from remotemedia import Node, Pipeline\n\n\nclass Shout(Node):\n    def process(self, text):\n"
        '        return text.upper()\n\n\np = Pipeline("small").add(Shout())\n'
    )
    remotemedia = str(SCRIPTS / "remotemedia")
    built = answer(remotemedia, "build", program / "pipeline.py", "-o", place, "--json")
    pushed = f"oci-layout:{place}/layout:1"
    subprocess.run([remotemedia, "push", pushed, built["path"]], check=True, capture_output=True)
    subprocess.run([remotemedia, "pull", pushed], check=True, capture_output=True)
    yield pushed, built["path"], built["digest"]


def first_line(command: list[str], text: str) -> float:
    """Seconds from the start of a program to its first line of output."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        if child.stdin is None or child.stdout is None:
            raise SystemExit("expected pipes")
        child.stdin.write(text)
        child.stdin.flush()
        line = child.stdout.readline()
        seconds = time.perf_counter() - started
        child.communicate()
    if not line:
        raise SystemExit(f"expected a line from `{' '.join(command[:2])}`, got exit status {child.returncode}")
    return seconds


def memory(place: Path) -> None:
    """Resident memory of an executor with ten audio nodes over ten minutes of sound, beside one that only reads it."""
    ten = ["p.add(AudioMixNode(channels=1))"]
    ten += [f"p.add(AudioResampleNode(target_sample_rate={rate}))" for rate in (16_000, 22_050, 48_000, 16_000)]
    ten.append("p.add(VADNode()).add(FormatConverterNode('i16')).add(FormatConverterNode('f32'))")
    ten.append("p.add(AudioWindowNode(size=320, hop=320))")
    recording = place / "ten.wav"
    stereo(recording, 600)
    most = []
    for name, lines in (("ten", ten), ("one", [])):
        program = place / name
        program.mkdir(exist_ok=True)
        text = ["from remotemedia import *", f"p = Pipeline('{name}').add(AudioSource())", *lines]
        (program / "pipeline.py").write_text("\n".join(text) + "\n")
        built = answer(SCRIPTS / "remotemedia", "build", program / "pipeline.py", "-o", place, "--json")
        command = [str(SCRIPTS / "remotemedia-executor"), "run", "--package", built["path"]]
        most.append(resident([*command, "--digest", built["digest"], "--input", str(recording)]))
    figure = f"{most[0]:.0f} MiB at the most; source alone {most[1]:.0f} MiB"
    row("resident memory of a pipeline of ten audio nodes", figure, "≤ 40 MB")


def resident(command: list[str]) -> float:
    """Resident memory of a program at the most, in MiB.

    The system's own count of a child that has ended (`ru_maxrss`) begins with what the process had that started it.
    """
    most = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
            most = max([most, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))])
            time.sleep(0.01)
    if child.returncode or not most:
        raise SystemExit(f"expected the run to end well, got exit status {child.returncode}")
    return most / 1024


def many(_: Path) -> None:
    """Sixty-four paced pipelines in one process."""
    for busy in (0.4, 0.8):
        late = example("engine", "many", 64, 4, busy)["late_ms"]
        figure = f"p50 {late['p50']:.1f}, p99 {late['p99']:.1f}, max {late['max']:.1f} ms late"
        row(f"64 pipelines of 20 ms frames, {busy:.0%} of the processors busy", figure, "p99 ≤ 10 ms")


ROWS: dict[str, Callable[[Path], None]] = {
    "hops": hops,
    "nodes": nodes,
    "audio": audio,
    "silero": silero,
    "calls": calls,
    "startup": startup,
    "memory": memory,
    "many": many,
}

if __name__ == "__main__":
    main()
