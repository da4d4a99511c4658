"""Cells of a notebook: a loop runs already, `run` is awaited there, and nothing is called `main`."""

import asyncio
import threading

from remotemedia import Node, Pipeline


class Where(Node):
    def process(self, data):
        return "thread" if threading.current_thread() is not threading.main_thread() else "loop"


class WhereAwaited(Node):
    async def process(self, data):
        return data, "loop" if threading.current_thread() is threading.main_thread() else "thread"


async def first_cell():
    global pipeline
    pipeline = Pipeline([Where(), WhereAwaited()])
    print(await pipeline.run(1))


async def second_cell():
    print([result async for result in pipeline.process(iter([1, 2]))])
    print(pipeline.run_sync(1))


loop = asyncio.new_event_loop()
loop.run_until_complete(first_cell())
loop.run_until_complete(second_cell())
loop.close()
