from remotemedia import Node


class Gain(Node):
    def __init__(self, factor=1.0, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value
