"""Where a recording is loud, at several time scales at once.

python pipeline.py recording.wav
"""

import sys

from meters import LoudnessMeter, Scale

from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Pipeline
from remotemedia.nodes.audio import AudioWindowNode

RATE = 8000
WINDOWS_MS = {"short": 250, "long": 1000}


def build():
    """Return the pipeline: one branch a time scale."""
    p = Pipeline("loudness")
    p.add(AudioSource()).add(AudioMixNode(channels=1))
    sound = AudioResampleNode(target_sample_rate=RATE, quality="low")
    p.add(sound)
    threshold = p.param("threshold_db", -30.0, description="levels below are not told")
    for name, milliseconds in WINDOWS_MS.items():
        p.add(AudioWindowNode(size=RATE * milliseconds // 1000, name=f"{name}-window"), after=sound)
        p.add(LoudnessMeter(Scale(floor_db=-90), threshold, name=f"{name}-meter"))
    return p


if __name__ == "__main__":
    for each in build().run(sys.argv[1]):
        print(each)
