"""Secrets stand in a manifest by name only."""

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


p = Pipeline("secrets")
p.add(Keep(p.secret("API_KEY")))
p.add(Keep({"headers": ["Authorization", p.secret("OTHER")], "again": p.secret("API_KEY")}))
