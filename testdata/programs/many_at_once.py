"""Several pipelines at once: `gather`, a timeout, a task that is cancelled, and one that fails."""

import asyncio

from remotemedia import Node, NodeError, Pipeline


class Wait(Node):
    def __init__(self, seconds, **kwargs):
        super().__init__(**kwargs)
        self.seconds = seconds

    async def process(self, value):
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            print(self.name, "is cancelled")
            raise
        return value

    async def cleanup(self):
        print(self.name, "is let go")


class Fail(Node):
    def process(self, value):
        raise ValueError(f"no {value} here")


async def main():
    print(await asyncio.gather(*(Pipeline([Wait(0.01, name="short")]).run([n, n * n]) for n in (2, 3))))
    try:
        await asyncio.wait_for(Pipeline([Wait(60, name="late")]).run([1, 2]), 0.05)
    except TimeoutError:
        print("timed out")
    task = asyncio.create_task(Pipeline([Wait(60, name="task")]).run(1))
    await asyncio.sleep(0.05)
    task.cancel()
    print([type(result).__name__ for result in await asyncio.gather(task, return_exceptions=True)])
    (error,) = await asyncio.gather(Pipeline([Fail(name="fail")]).run("bread"), return_exceptions=True)
    print(isinstance(error, NodeError), error, error.input)
    print("left over:", len(asyncio.all_tasks()) - 1)


asyncio.run(main())
