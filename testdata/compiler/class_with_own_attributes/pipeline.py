"""An object whose class answers for every attribute: what it gives is not known."""
from remotemedia import Node, Pipeline
from remotemedia.nodes import MultiplyNode


class Settings:
    def __getattr__(self, name):
        return len(name)


class Rack:
    def __init__(self, *nodes):
        self.nodes = nodes

    def __getattr__(self, name):
        return self.nodes


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)

    def process(self, x):
        return x


settings = Settings()
p = Pipeline("own_attributes")
p.add(Keep(settings.rate))
rack = Rack(MultiplyNode(2))
