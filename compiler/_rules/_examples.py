"""What several examples begin with."""

from typing import Final

__all__ = ["GAIN"]

GAIN: Final = """\
from remotemedia import Node, Pipeline


class Gain(Node):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, value):
        return value * self.factor


"""
"""A program with a node of its author's; the pipeline comes next."""
