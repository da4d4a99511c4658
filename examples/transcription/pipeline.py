"""Finds the stretches of speech in a recording, and says which words they are.

pip install --require-hashes -r requirements.txt
python pipeline.py recording.wav
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["pocketsphinx==5.1.1"]
# ///

import sys
from array import array
from pathlib import Path

from remotemedia import AudioSource, Node, OnnxNode, Pipeline
from remotemedia.nodes.audio import AudioMixNode, AudioResampleNode, AudioWindowNode

HERE = Path(__file__).parent
RATE = 16000
WINDOW = 512
FULL_SCALE = 32767


class SpeechSegments(Node):
    """Turns per-window speech probabilities into stretches of speech, with `margin` windows around each."""

    def __init__(self, threshold=0.5, patience=16, margin=6, **kwargs):
        """A stretch opens at `threshold` and closes after `patience` windows below it."""
        super().__init__(**kwargs)
        self.threshold = threshold
        self.patience = patience
        self.margin = margin
        self.window = 0
        self.start = None
        self.end = 0

    def process(self, probability):
        """Take one window's probability; give a stretch when one closes: its first window, and the one after it."""
        self.window += 1
        if probability.item() >= self.threshold:
            if self.start is None:
                self.start = self.window - 1
            self.end = self.window
        elif self.start is not None and self.window - self.end >= self.patience:
            return self.closed()
        return None

    def flush(self):
        """Give the last, still open stretch."""
        return self.closed() if self.start is not None else None

    def closed(self):
        """Describe the open stretch and forget it."""
        segment = {"first": max(0, self.start - self.margin), "last": min(self.window, self.end + self.margin)}
        self.start = None
        return segment


class Transcribe(Node):
    """Takes the windows of a recording and the stretches of speech in it, and gives the words of each stretch."""

    def __init__(self, **kwargs):
        """Words are those of US English, as the model in the library has them."""
        super().__init__(**kwargs)
        self.decoder = None
        self.samples = array("h")  # of all windows so far
        self.waiting = []  # stretches whose windows have not all come

    def initialize(self):
        """Load the model; only where the node runs, its library has to be installed."""
        from pocketsphinx import Decoder  # noqa: PLC0415 - the pipeline is built without it

        self.decoder = Decoder(samprate=RATE, loglevel="FATAL")

    def process(self, value):
        """Take a stretch or a window, whichever comes; give the words of the stretches that are complete."""
        if isinstance(value, dict):
            self.waiting.append(value)
        else:
            samples, _rate = value
            loud = (max(-1.0, min(1.0, sample)) for sample in samples.tolist())
            self.samples.extend(round(FULL_SCALE * sample) for sample in loud)
        while self.waiting and len(self.samples) >= WINDOW * self.waiting[0]["last"]:
            yield self.transcribed(self.waiting.pop(0))

    def transcribed(self, segment):
        """Return the words of one stretch, and where it is, in seconds."""
        first, last = WINDOW * segment["first"], WINDOW * segment["last"]
        self.decoder.start_utt()
        self.decoder.process_raw(self.samples[first:last].tobytes(), full_utt=True)
        self.decoder.end_utt()
        found = self.decoder.hyp()
        text = found.hypstr if found is not None else ""
        return {"start": round(first / RATE, 3), "end": round(last / RATE, 3), "text": text}


p = Pipeline("transcription")
windows = AudioWindowNode(size=WINDOW)
words = Transcribe()
p.add(AudioSource()).add(AudioMixNode(channels=1)).add(AudioResampleNode(target_sample_rate=RATE)).add(windows)
p.add(OnnxNode(HERE / "silero_vad.onnx", state={"state": "stateN"}, context=64, constants={"sr": RATE}))
p.add(SpeechSegments())
p.add(words)
p.connect(windows, words)

if __name__ == "__main__":
    print(p.run(sys.argv[1]))
