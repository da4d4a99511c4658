"""Values beyond plain JSON, each in its form."""

import enum
import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from remotemedia import AudioMixNode, Node, Pipeline


class Color(enum.Enum):
    RED = 1


class Point(NamedTuple):
    x: int
    y: float = 0.5


@dataclass
class Options:
    rate: int = 8000
    tags: list = field(default_factory=list)
    point: Point = Point(1)


def scale(value):
    return value * 2


class Tools:
    @staticmethod
    def half(value):
        return value / 2


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


p = Pipeline("forms")
p.add(
    Keep([float("nan"), math.inf, -math.inf, 2**60, {1: "a", None: 2.5}, {3, 1, 2}, frozenset({"b", "a"}), b"\x00\xff"])
)
p.add(Keep([Color.RED, scale, Keep, Tools.half, math.sqrt, len, int, AudioMixNode, timedelta(seconds=90), Node]))
p.add(Keep(Options(16000, point=Point(3, 4)))).add(Keep({"$x": {"$$y": Point(y=1, x=2)}}))
p.add(Keep(Options(tags=["a", Color.RED])))
