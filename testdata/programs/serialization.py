"""A pipeline as JSON: ids are unique, and arguments that never reach `Node.__init__` are not lost."""

import json

from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes.simple_math import MultiplyNode


class Labels(Node):
    def __init__(self, labels, threshold=0.5, **kwargs):
        super().__init__(**kwargs)
        self.labels = labels
        self.threshold = threshold

    def process(self, data):
        return data


pipeline = Pipeline(name="labels")
pipeline.add_node(MultiplyNode(factor=2.0)).add_node(MultiplyNode(factor=0.5))
pipeline.add_node(Labels(["yes", "no"], threshold=0.25, name="labels", comment="kept"))
manifest = json.loads(pipeline.serialize(description="multiplies"))

print(manifest["version"], manifest["metadata"]["name"], manifest["metadata"]["description"])
print("created_at" in manifest["metadata"])
for node in manifest["nodes"]:
    print(node["id"], node["node_type"], node["params"])
for connection in manifest["connections"]:
    print(connection["from"], "->", connection["to"])
print(pipeline.get_node("labels").to_manifest()["params"]["comment"])
