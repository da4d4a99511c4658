"""Three streaming nodes in a row, fed in real time; their state is there after the run."""

import asyncio

from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline


class Chunks(Node):
    def __init__(self, size=2, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.is_streaming = True
        self.made = 0

    async def process(self, stream):
        held = []
        async for sample in stream:
            held.append(sample)
            if len(held) == self.size:
                self.made += 1
                yield held
                held = []
        if held:
            self.made += 1
            yield held


class LoudOnly(Node):
    def __init__(self, threshold=3, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold
        self.is_streaming = True
        self.dropped = 0

    async def process(self, stream):
        async for chunk in stream:
            if max(chunk) >= self.threshold:
                yield chunk
            else:
                self.dropped += 1


class Transcribe(Node):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.is_streaming = True
        self.model = None

    def initialize(self):
        super().initialize()
        self.model = "tiny"
        print("model loaded")

    async def process(self, stream):
        async for chunk in stream:
            await asyncio.sleep(0.001)
            yield {"model": self.model, "text": " ".join(map(str, chunk))}

    def cleanup(self):
        self.model = None
        print("model unloaded")
        super().cleanup()


async def microphone():
    for sample in (1, 2, 5, 1, 0, 7, 3):
        yield sample
        await asyncio.sleep(0.002)


async def main():
    chunks, loud = Chunks(name="chunks"), LoudOnly(name="loud")
    pipeline = Pipeline(name="speech")
    for node in (chunks, loud, Transcribe(name="transcribe")):
        pipeline.add_node(node)
    async with pipeline.managed_execution():
        async for result in pipeline.process(microphone()):
            print(result)
    print(chunks.made, "chunks,", loud.dropped, "dropped")


asyncio.run(main())
