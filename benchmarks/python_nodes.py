"""Three trivial Python nodes over many items: ours, and an executor of asyncio queues.

python benchmarks/python_nodes.py ours|asyncio|bare sync|async|generator N

Prints `{"seconds": …, "cpu_seconds": …, "checksum": …}`, of a second run: the first has imported what it needs. The
checksum is of all results in order, so that both sides prove the same work; `bare` is the same calls in a plain loop,
without any executor.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from remotemedia import Node, Pipeline

_ROOM = 64  # items that wait before a node at most, as in ours
_WARM = 100  # items of the run before the one that is measured


class Sync(Node):
    """Adds one."""

    def process(self, data: int) -> int:
        """Add one."""
        return data + 1


class Async(Node):
    """Adds one, as a coroutine."""

    async def process(self, data: int) -> int:
        """Add one."""
        return data + 1


class Generator(Node):
    """Adds one, as a generator."""

    def process(self, data: int) -> Iterator[int]:
        """Add one."""
        yield data + 1


_FORMS: dict[str, Callable[..., Node]] = {"sync": Sync, "async": Async, "generator": Generator}


def _checksum(values: list[int]) -> int:
    return sum(index * value for index, value in enumerate(values)) % (1 << 61)


def _ours(form: str, number: int) -> tuple[float, int]:
    pipeline = Pipeline([_FORMS[form](name=f"n{index}") for index in range(3)])
    items = list(range(number))
    began = time.perf_counter()
    results = pipeline.run(items)
    return time.perf_counter() - began, _checksum(results)


async def _work(form: str, node: Any, taken: asyncio.Queue[Any], given: asyncio.Queue[Any], end: object) -> None:
    process = node.process
    while (item := await taken.get()) is not end:
        if form == "sync":
            await given.put(process(item))
        elif form == "async":
            await given.put(await process(item))
        else:
            for value in process(item):
                await given.put(value)
    await given.put(end)


async def _through_queues(form: str, items: list[int]) -> list[int]:
    nodes = [_FORMS[form](name=f"n{index}") for index in range(3)]
    queues: list[asyncio.Queue[Any]] = [asyncio.Queue(_ROOM) for _ in range(4)]
    end = object()

    async def feed() -> None:
        for item in items:
            await queues[0].put(item)
        await queues[0].put(end)

    tasks = [asyncio.create_task(_work(form, node, queues[i], queues[i + 1], end)) for i, node in enumerate(nodes)]
    tasks.append(asyncio.create_task(feed()))
    results = []
    while (item := await queues[-1].get()) is not end:
        results.append(item)
    await asyncio.gather(*tasks)
    return results


def _asyncio(form: str, number: int) -> tuple[float, int]:
    items = list(range(number))
    began = time.perf_counter()
    results = asyncio.run(_through_queues(form, items))
    return time.perf_counter() - began, _checksum(results)


def _bare(form: str, number: int) -> tuple[float, int]:
    calls: list[Any] = [_FORMS[form](name=f"n{index}").process for index in range(3)]
    results = []
    began = time.perf_counter()
    for item in range(number):
        value: Any = item
        for call in calls:
            value = call(value)
            if form == "generator":
                (value,) = value
            elif form == "async":
                try:
                    value.send(None)
                except StopIteration as stop:
                    value = stop.value
        results.append(value)
    return time.perf_counter() - began, _checksum(results)


def main() -> None:
    """Measure one side and form."""
    side, form, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    run = {"ours": _ours, "asyncio": _asyncio, "bare": _bare}[side]
    run(form, _WARM)
    used = time.process_time()
    seconds, checksum = run(form, number)
    used = time.process_time() - used
    figures = {"seconds": round(seconds, 6), "cpu_seconds": round(used, 6), "checksum": checksum}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
