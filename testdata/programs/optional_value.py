"""Every node takes `data=None`, source or not: the first gives of its own accord where there is no input."""

import asyncio

from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline


class Count(Node):
    def __init__(self, count=3, name="count"):
        super().__init__(name=name)
        self.count = count

    async def process(self, data=None):
        for number in range(self.count if data is None else data):
            await asyncio.sleep(0)
            yield number


class Scale(Node):
    def __init__(self, factor=2, name="scale"):
        super().__init__(name=name)
        self.factor = factor

    async def process(self, data=None):
        if data is not None:
            yield data * self.factor


class Describe(Node):
    def process(self, data=None):
        return f"value {data}"


async def main():
    pipeline = Pipeline(name="optional")
    pipeline.add_node(Count())
    pipeline.add_node(Scale(factor=10))
    pipeline.add_node(Describe())
    print(await pipeline.run(None))
    print(await pipeline.run([1, 2]))
    async with pipeline.managed_execution():
        async for result in pipeline.process():
            print(result)


asyncio.run(main())
