"""No event loop at all: `run` is called from plain code, with metrics."""

from remotemedia import Node, Pipeline


class Shout(Node):
    def __init__(self, mark="!", **kwargs):
        super().__init__(**kwargs)
        self.mark = mark

    async def process(self, data):
        return data.upper() + self.mark


pipeline = Pipeline([Shout(name="loud"), Shout("?", name="louder")], enable_metrics=True)
print(pipeline.run("hello"))
print(pipeline.run(["a", "b"]))
metrics = pipeline.get_metrics()
print([node["node_id"] for node in metrics["node_metrics"]], metrics["total_duration_us"] > 0)
