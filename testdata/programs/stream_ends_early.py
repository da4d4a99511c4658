"""Who listens stops, or the stream breaks: the run ends with it, and the pipeline can be used again."""

import asyncio

from remotemedia.core.exceptions import RemoteMediaError
from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline


class Endless(Node):
    async def process(self, data=None):
        number = 0
        try:
            while True:
                yield number
                number += 1
        finally:
            print("source closed")


class Same(Node):
    def process(self, data):
        return data


async def broken():
    yield "first"
    raise OSError("unplugged")


async def main():
    pipeline = Pipeline([Endless(), Same()])
    for _ in range(2):
        async with pipeline.managed_execution():
            stream = pipeline.process()
            async for number in stream:
                if number == 3:
                    break
            await stream.aclose()
            print("stopped at", number)
    try:
        async for value in Pipeline([Same()]).process(broken()):
            print(value)
    except RemoteMediaError as error:
        print(error.code, error, "from", repr(error.__cause__))


asyncio.run(main())
