"""Finds the stretches of speech in a recording.

python pipeline.py recording.wav
"""

import sys
from pathlib import Path

from remotemedia import AudioSource, Node, OnnxNode, Pipeline
from remotemedia.nodes.audio import AudioMixNode, AudioResampleNode, AudioWindowNode

HERE = Path(__file__).parent
RATE = 16000
WINDOW = 512


class SpeechSegments(Node):
    """Turns per-window speech probabilities into segments with start, end and mean probability."""

    def __init__(self, threshold=0.5, min_silence_ms=100, window_ms=1000 * WINDOW / RATE, **kwargs):
        """A segment opens at `threshold` and closes after `min_silence_ms` below it."""
        super().__init__(**kwargs)
        self.threshold = threshold
        self.window_s = window_ms / 1000
        self.patience = max(1, round(min_silence_ms / window_ms))  # windows of silence that close a segment
        self.window = 0  # windows seen so far
        self.start = None  # window in which the open segment began
        self.end = 0  # window after its last speech
        self.speech = 0  # windows of speech in it
        self.total = 0.0  # sum of their probabilities

    def process(self, probability):
        """Take one window's probability; give a segment when one closes."""
        p = probability.item()
        self.window += 1
        if p >= self.threshold:
            if self.start is None:
                self.start, self.speech, self.total = self.window - 1, 0, 0.0
            self.end = self.window
            self.total += p
            self.speech += 1
        elif self.start is not None and self.window - self.end >= self.patience:
            return self.close_segment()
        return None

    def flush(self):
        """Give the last, still open segment, and be ready for another recording."""
        segment = self.close_segment() if self.start is not None else None
        self.window = 0
        return segment

    def close_segment(self):
        """Describe the open segment, in seconds, and forget it."""
        segment = {
            "start": round(self.start * self.window_s, 3),
            "end": round(self.end * self.window_s, 3),
            "probability": round(self.total / self.speech, 3),
        }
        self.start = None
        return segment


p = Pipeline("speech_segments")
p.add(AudioSource()).add(AudioMixNode(channels=1)).add(AudioResampleNode(target_sample_rate=RATE))
p.add(AudioWindowNode(size=WINDOW))
p.add(OnnxNode(HERE / "silero_vad.onnx", state={"state": "stateN"}, context=64, constants={"sr": RATE}))
p.add(SpeechSegments(threshold=0.5, min_silence_ms=100))

if __name__ == "__main__":
    print(p.run(sys.argv[1]))
