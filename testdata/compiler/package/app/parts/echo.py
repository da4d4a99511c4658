from remotemedia import Node

from . import DELAY


class Echo(Node):
    def __init__(self, delay=DELAY, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value
