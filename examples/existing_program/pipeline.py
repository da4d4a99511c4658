"""A program as it was written for an earlier SDK: its imports, its style, unchanged.

python pipeline.py
"""

import asyncio

import numpy as np

from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes.audio import AudioResampleNode, VADNode


class SpeechReport(Node):
    """Says of each block whether it holds speech."""

    async def process(self, data):
        """Take what the detector gives."""
        audio, sample_rate, metadata = data
        return f"{audio.shape[-1]} samples at {sample_rate} Hz: {'speech' if metadata['is_speech'] else 'silence'}"


async def main():
    """Build, and send half a second of silence and one of sound through it."""
    pipeline = Pipeline(name="ExistingProgram")
    pipeline.add_node(AudioResampleNode(target_sample_rate=16000, name="resample"))
    pipeline.add_node(VADNode(frame_duration_ms=30, energy_threshold=0.02, name="vad"))
    pipeline.add_node(SpeechReport(name="report"))

    async def blocks():
        yield np.zeros((1, 8000), dtype=np.float32), 16000
        time = np.arange(16000) / 16000
        yield (0.5 * np.sin(2 * np.pi * 220 * time)).astype(np.float32)[None], 16000

    async with pipeline.managed_execution():
        async for result in pipeline.process(blocks()):
            print(result)


if __name__ == "__main__":
    asyncio.run(main())
