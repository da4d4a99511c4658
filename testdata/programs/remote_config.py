"""Where a node is to run elsewhere: only stated, since nobody is there."""

import json

from remotemedia import Node, Pipeline, RemoteExecutorConfig
from remotemedia.nodes.simple_math import MultiplyNode


class Local(Node):
    def process(self, data):
        return data


config = RemoteExecutorConfig(host="gpu.example", port=50051, ssl_enabled=False)
pipeline = Pipeline([Local(), config(MultiplyNode(factor=2)), config("WhisperNode")])
for node in json.loads(pipeline.serialize())["nodes"]:
    print(node["id"], node["node_type"], node.get("host"))
print(pipeline.inspect().splitlines()[3].rpartition("  @ ")[2])
