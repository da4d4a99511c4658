"""Nodes over the whole stream, after a source that is one too; `is_streaming` is set in the constructor."""

import asyncio
from typing import Any, AsyncGenerator

from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline


class Source(Node):
    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.is_streaming = True

    async def process(self) -> AsyncGenerator[Any, None]:
        for number in range(self.count):
            yield number
            await asyncio.sleep(0)


class Average(Node):
    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.is_streaming = True
        self.width = width

    async def process(self, data_stream: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        window = []
        async for data in data_stream:
            window = [*window, data][-self.width :]
            if len(window) == self.width:
                yield sum(window) / self.width


class Format(Node):
    def process(self, data):
        return f"{data:.2f}"


async def main():
    pipeline = Pipeline([Source(7), Average(3), Format()])
    async with pipeline.managed_execution():
        async for result in pipeline.process():
            print(result)


asyncio.run(main())
