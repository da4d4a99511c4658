"""Patterns of classes, mappings with the rest, and dataclasses by position."""
from dataclasses import dataclass
from remotemedia import Pipeline, Node
class N(Node):
    def __init__(self, v, **kw): super().__init__(**kw)
    def process(self, x): return x
@dataclass
class Gain:
    db: float
@dataclass
class Delay:
    ms: int
    feedback: float = 0.0
def make(spec):
    match spec:
        case {"kind": "gain", "db": float() | int() as db, **rest}:
            return N(("gain", db, rest))
        case ["delay", int(ms), *more]:
            return N(("delay", ms, more))
        case Gain(db):
            return N(("Gain", db))
        case Delay(ms=m, feedback=f) if f > 0:
            return N(("Delay", m, f))
        case Delay(ms=m):
            return N(("Delay0", m))
        case str() as s:
            return N(s)
        case None:
            return N("none")
        case (a, b):
            return N([a, b])
        case _:
            return N("other")
p = Pipeline("match")
for s in [{"kind": "gain", "db": 3, "x": 1}, ["delay", 5, 6, 7], Gain(2.0), Delay(3, 0.5), Delay(4), "s", None, (1, 2), 3.5]:
    p.add(make(s))
