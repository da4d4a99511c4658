from remotemedia.node import Node

LIMIT = 0.9


class Shape(Node):
    def __init__(self, limit: float = LIMIT, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value
