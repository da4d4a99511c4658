"""A list of nodes that is run at once is a pipeline."""

import asyncio

from remotemedia import MultiplyNode, Node, execute_pipeline_with_input


class Increase(Node):
    def process(self, value):
        return value + 1


nodes = [Increase(name="first"), MultiplyNode(factor=3)]


async def main():
    return await execute_pipeline_with_input(nodes, 2)


if __name__ == "__main__":
    asyncio.run(main())
