"""One side of the comparison of voice activity detection: `onnx_streams.py ours|python STREAMS [MINUTES]`.

STREAMS recordings of real speech, tiled to MINUTES each (5 by default) and shifted against each other, go through
Silero VAD: as a pipeline in the engine, or by the loop that one writes with `onnxruntime` in Python. Printed as JSON:
`seconds` (without loading the sound), `windows`, and `checksum`, the sum of all probabilities, by which the sides are
compared.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np

TESTDATA = Path(__file__).resolve().parents[1] / "testdata"
MODEL = TESTDATA / "models" / "silero_vad_16k_op15.onnx"
RATE = 16_000
WINDOW = 512
CONTEXT = 64


def recordings(streams: int, minutes: float) -> list[np.ndarray]:
    """Speech as int16, as long for each stream, each beginning elsewhere."""
    parts = []
    for path in sorted((TESTDATA / "speech").glob("*.wav")):
        with wave.open(str(path)) as file:
            parts.append(np.frombuffer(file.readframes(file.getnframes()), dtype="<i2"))
    speech = np.concatenate(parts)
    length = int(minutes * 60 * RATE) // WINDOW * WINDOW
    tiled = np.resize(speech, length)
    return [np.roll(tiled, -stream * 37 * WINDOW) for stream in range(streams)]


def python(streams: list[np.ndarray]) -> tuple[float, int, float]:
    """The plain loop, one recording after the other."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
    rate = np.array(RATE)
    begin, checksum, windows = time.perf_counter(), 0.0, 0
    for samples in streams:
        sound = samples.astype(np.float32) / 32768
        state = np.zeros((2, 1, 128), dtype=np.float32)
        context: Any = np.zeros(CONTEXT, dtype=np.float32)
        for at in range(0, len(sound), WINDOW):
            window = sound[at : at + WINDOW]
            inputs = {"input": np.concatenate([context, window])[None], "state": state, "sr": rate}
            output, state = session.run(["output", "stateN"], inputs)
            context = window[-CONTEXT:]
            checksum += float(output[0, 0])
            windows += 1
    return time.perf_counter() - begin, windows, checksum


def ours(streams: list[np.ndarray]) -> tuple[float, int, float]:
    """A pipeline with a source, a window and a model for each recording; the models share their sessions."""
    from remotemedia import AudioSource, AudioWindowNode, OnnxNode, Pipeline

    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for index, samples in enumerate(streams):
            paths.append(Path(folder) / f"{index}.wav")
            with wave.open(str(paths[-1]), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes(samples.tobytes())
        pipeline = Pipeline("vad")
        for path in paths:
            source = AudioSource(path)
            window = AudioWindowNode(WINDOW)
            model = OnnxNode(MODEL, state={"state": "stateN"}, context=CONTEXT, constants={"sr": RATE})
            pipeline.add(source, after=[])
            pipeline.add(window, after=source)
            pipeline.add(model, after=window)
        begin = time.perf_counter()
        given = pipeline.run()
        seconds = time.perf_counter() - begin
        return seconds, len(given), float(sum(value.item() for value in given))


def main() -> None:
    """Run one side."""
    side, count, *rest = sys.argv[1:]
    streams = recordings(int(count), float(rest[0]) if rest else 5.0)
    seconds, windows, checksum = {"ours": ours, "python": python}[side](streams)
    result = {"seconds": round(seconds, 4), "windows": windows, "checksum": round(checksum, 3)}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
