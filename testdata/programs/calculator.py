"""Commands as dicts, results as dicts."""

import asyncio

from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes.calculator import CalculatorNode


async def main():
    pipeline = Pipeline([CalculatorNode(name="calculator")])
    commands = [{"operation": "add", "args": [2, 3]}, {"operation": "multiply", "args": [4, 5]}]
    for answer in await pipeline.run(commands):
        print(answer["operation"], answer["result"])


asyncio.run(main())
