"""A list of nodes that is run by a function, without a pipeline in sight."""

import asyncio

from remotemedia import Node, execute_pipeline, execute_pipeline_with_input, is_rust_runtime_available
from remotemedia.nodes.simple_math import AddNode, MultiplyNode


class Numbers(Node):
    async def process(self):
        for number in range(3):
            yield number


async def main():
    print(is_rust_runtime_available())
    print(await execute_pipeline([Numbers(), AddNode(addend=1)]))
    print(await execute_pipeline_with_input([MultiplyNode(factor=2), AddNode(addend=10)], [5, 7]))
    measured = await execute_pipeline_with_input([MultiplyNode(factor=2)], [1], enable_metrics=True)
    print(measured["outputs"], len(measured["metrics"]["node_metrics"]))


asyncio.run(main())
