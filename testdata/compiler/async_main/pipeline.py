"""An asynchronous program that makes, starts and runs its pipeline."""
import asyncio
import logging

from remotemedia import AudioMixNode, Node, Pipeline

log = logging.getLogger(__name__)


class Double(Node):
    def process(self, value):
        return value * 2


async def build() -> Pipeline:
    await asyncio.sleep(0)
    return Pipeline("async_main").add(Double())


async def main():
    p = await build()
    log.info("running %s", p.name)
    p.add(AudioMixNode(1))
    for _ in range(3):
        print(p.name)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("stopped")
