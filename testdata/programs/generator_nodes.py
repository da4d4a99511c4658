"""Generators of both kinds, dropped `None`s, and flushes."""

import asyncio

from remotemedia import Node, Pipeline


class Words(Node):
    def process(self, line):
        for word in line.split():
            yield word
        yield None


class Letters(Node):
    async def process(self, word):
        for letter in word:
            await asyncio.sleep(0)
            yield letter


class Vowels(Node):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.count = 0

    def process(self, letter):
        self.count += 1
        return letter if letter in "aeiou" else None

    async def flush(self):
        return f"{self.count} letters"


print(Pipeline([Words(), Letters(), Vowels()]).run(["the quick", "brown fox"]))
