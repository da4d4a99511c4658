"""Coroutines that `asyncio.gather` runs, none of which waits for anything."""

import asyncio

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


p = Pipeline("gathered")


async def add(value):
    p.add(Keep(value, name=f"keep {value}"))
    return value * 2


async def main():
    first, second = await asyncio.gather(add(1), add(2))
    rest = await asyncio.gather(*[add(n) for n in (first + 1, second + 1)])
    p.add(Keep([first, second, rest]))


asyncio.run(main())
