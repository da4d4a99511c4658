"""The choice of a runtime that earlier SDKs offered: both give the same."""

import asyncio
import json

from remotemedia import is_rust_runtime_available
from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes.simple_math import AddNode, MultiplyNode


async def main():
    pipeline = Pipeline(name="choice", enable_metrics=True)
    pipeline.add_node(MultiplyNode(factor=3, name="multiply"))
    pipeline.add_node(AddNode(addend=1, name="add"))
    values = [1, 2, 3, 4, 5]
    print("available", is_rust_runtime_available())
    automatic = await pipeline.run(values)
    forced = await pipeline.run(values, use_rust=True)
    python = await pipeline.run(input_data=values, use_rust=False)
    print(automatic, automatic == forced == python)
    print([node["node_id"] for node in pipeline.get_metrics()["node_metrics"]])
    manifest = json.loads(pipeline.serialize(description="for both", include_capabilities=True))
    print(manifest["metadata"]["description"], [node["id"] for node in manifest["nodes"]])


asyncio.run(main())
