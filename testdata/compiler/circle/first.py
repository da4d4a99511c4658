import second
from remotemedia import Node


class First(Node):
    def __init__(self, n=second.N):
        super().__init__()

    def process(self, value):
        return value
