"""Fields that only `__post_init__` sees, and annotations in quotes."""
from dataclasses import InitVar, dataclass, field
from typing import ClassVar

from remotemedia import Node, Pipeline


class N(Node):
    def __init__(self, *values, **kw):
        super().__init__(**kw)

    def process(self, x):
        return x


@dataclass(slots=True, kw_only=True, order=True)
class Window:
    rate: int = 16000
    ms: InitVar[float] = 25.0
    size: int = field(init=False)
    limits: "ClassVar[tuple]" = (1, 100)

    def __post_init__(self, ms):
        self.size = round(self.rate * ms / 1000)

    @property
    def hop(self):
        return self.size // 2


p = Pipeline("init_only")
p.add(N(Window().size, Window(ms=10).hop, Window(rate=8000, ms=32).size, Window.limits))
