import dataclasses
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from remotemedia import Node, Pipeline


@dataclass
class Gain(Node):
    kind: ClassVar[str] = "gain"
    factor: float = 1.0
    tags: list = field(default_factory=list)
    state: int = field(default=0, init=False)

    def process(self, value):
        return value


@dataclasses.dataclass(eq=False)
class Limit(Gain):
    ceiling: float = 0.5
    _: KW_ONLY
    soft: bool = False


p = Pipeline("dataclasses")
p.add(Gain()).add(Gain(2.0, ["a"])).add(Limit(1.0, [], 0.9, soft=True)).add(Limit(ceiling=0.1))
