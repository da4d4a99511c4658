"""`initialize` and `cleanup` that are called in one place and awaited in another."""

import asyncio

from remotemedia import Node, Pipeline


class Called(Node):
    def initialize(self):
        super().initialize()
        print("initialize", self.name)

    def process(self, data):
        return data + 1

    def cleanup(self):
        super().cleanup()
        print("cleanup", self.name)


class Awaited(Called):
    async def initialize(self):
        print("initialize", self.name)

    async def process(self, data):
        return data + 1

    async def cleanup(self):
        print("cleanup", self.name)


pipeline = Pipeline([Called(name="called"), Awaited(name="awaited")])
pipeline.initialize()
print(pipeline.run(1), pipeline.run(2))
pipeline.cleanup()

with pipeline.managed_execution():
    print(pipeline.run(3))


async def main():
    await pipeline.initialize()
    print(await pipeline.run(4))
    await pipeline.cleanup()


asyncio.run(main())
