"""Constants of the module, assigned once or several times, in order."""
from remotemedia import AudioMixNode, AudioResampleNode, Pipeline

RATE = 8000
first = AudioResampleNode(target_sample_rate=RATE)
RATE = RATE * 2
RATE += 1
second = AudioResampleNode(target_sample_rate=RATE, name="second")
CHANNELS: int = 2
LOW, (HIGH, _) = "low", ["high", 1]
a = b = 3

p: Pipeline = Pipeline("constants")
p.add(first).add(second).add(AudioMixNode(CHANNELS)).add(AudioMixNode(a)).add(AudioResampleNode(quality=LOW))
