"""Generated sound, a voice activity detector and a node that reads its metadata, all of them streaming."""

import asyncio

import numpy as np

from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes import PassThroughNode
from remotemedia.nodes.audio import VoiceActivityDetector


class AudioGenerator(PassThroughNode):
    def __init__(self, chunks=6, sample_rate=16000, **kwargs):
        super().__init__(**kwargs)
        self.chunks = chunks
        self.sample_rate = sample_rate
        self.is_streaming = True

    async def process(self):
        samples = self.sample_rate // 2
        time = np.arange(samples) / self.sample_rate
        quiet = np.random.default_rng(1)
        for chunk in range(self.chunks):
            tone = 0.3 * np.sin(2 * np.pi * 440 * time) if chunk % 2 else quiet.normal(0, 0.001, samples)
            yield tone.reshape(1, -1), self.sample_rate
            await asyncio.sleep(0)


class Logger(PassThroughNode):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.is_streaming = True

    async def process(self, data_stream):
        async for (audio, rate), metadata in data_stream:
            yield audio.shape[-1], rate, bool(metadata["is_speech"])


async def main():
    pipeline = Pipeline()
    pipeline.add_node(AudioGenerator(name="generator"))
    vad = VoiceActivityDetector(frame_duration_ms=30, energy_threshold=0.02, speech_threshold=0.3, name="vad")
    vad.is_streaming = True
    pipeline.add_node(vad)
    pipeline.add_node(Logger(name="logger"))
    async with pipeline.managed_execution():
        async for samples, rate, is_speech in pipeline.process():
            print(samples, rate, "speech" if is_speech else "silence")

    only_speech = Pipeline([AudioGenerator(), VoiceActivityDetector(filter_mode=True, include_metadata=False)])
    kept = [audio.shape async for audio, _ in only_speech.process()]
    print("kept", len(kept))


asyncio.run(main())
