"""One side of the throughput comparison: `speech_worker.py engine|plain RECORDING`, one round per line of input."""

from __future__ import annotations

import importlib.util
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.sides import serve

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "speech_segments" / "pipeline.py"
RATE, WINDOW, CONTEXT = 16000, 512, 64


def load() -> Any:
    """The example's module."""
    spec = importlib.util.spec_from_file_location("pipeline", EXAMPLE)
    if spec is None or spec.loader is None:
        raise SystemExit(f"expected a module at {EXAMPLE}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["pipeline"] = module
    spec.loader.exec_module(module)
    return module


def engine(recording: str) -> Callable[[], list[Any]]:
    """The pipeline as its author wrote it."""
    pipeline = load().p

    def round_() -> list[Any]:
        result = pipeline.run(recording)
        return result if isinstance(result, list) else [result]

    return round_


def plain(recording: str) -> Callable[[], list[Any]]:
    """The same work as a careful Python program does it: one session, one thread, arrays allocated once."""
    import onnxruntime
    import soxr

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(EXAMPLE.with_name("silero_vad.onnx"), options)
    segments_node = load().SpeechSegments
    rate_input = np.array(RATE, np.int64)

    def round_() -> list[Any]:
        with wave.open(recording) as file:
            rate = file.getframerate()
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        if rate != RATE:
            samples = soxr.resample(samples, rate, RATE)
        samples = np.pad(samples, (CONTEXT, -len(samples) % WINDOW))
        state, node, found = np.zeros((2, 1, 128), np.float32), segments_node(threshold=0.5, min_silence_ms=100), []
        for start in range(0, len(samples) - CONTEXT, WINDOW):
            window = samples[None, start : start + CONTEXT + WINDOW]
            output, state = session.run(["output", "stateN"], {"input": window, "state": state, "sr": rate_input})
            found.append(node.process(output[0]))
        return [segment for segment in [*found, node.flush()] if segment is not None]

    return round_


def main() -> None:
    """A round for each line that comes in."""
    name, recording = sys.argv[1:]
    serve({"engine": engine, "plain": plain}[name](recording))


if __name__ == "__main__":
    main()
