"""Resampling, mixing and buffering of sound between nodes of the program's own."""

import asyncio

import numpy as np

from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes.audio import AudioBuffer, AudioTransform, ExtractAudioDataNode


class Stereo(Node):
    def process(self, seconds):
        time = np.arange(int(48000 * seconds)) / 48000
        tone = np.sin(2 * np.pi * 200 * time).astype(np.float32)
        return np.stack([tone, tone]), 48000


class Describe(Node):
    def process(self, data):
        audio, rate = data[:2]
        return tuple(audio.shape), rate, audio.dtype.name


async def main():
    print(await Pipeline([Stereo(), AudioTransform(output_sample_rate=16000, output_channels=1), Describe()]).run(1.0))
    buffered = Pipeline([Stereo(), AudioTransform(16000, 1), AudioBuffer(buffer_size_samples=10000), Describe()])
    for result in await buffered.run([0.5, 0.5, 0.5]):
        print(result)
    data = await Pipeline([Stereo(), AudioTransform(16000, 1), ExtractAudioDataNode()]).run(0.25)
    print(data.shape, bool(abs(np.abs(data[1000:3000]).max() - 1) < 0.01))


asyncio.run(main())
