"""Members of enumerations where Python takes them for numbers, texts, keys and flags."""
from enum import Enum, Flag, IntEnum, auto
from remotemedia import Node, Pipeline
class T(str, Enum):
    ONE = 1
    UNO = "1"
class I(int, Enum):
    A = "7"
class Under(Enum):
    _A = 1
    B = 2
class Opt(Flag):
    A = 1
    B = 2
    AB = 3
class S(str, Enum):
    X = "x"
    Y = "y"
    def __str__(self):
        return self.value
class L(str, Enum):
    X = "x"
    @classmethod
    def _missing_(cls, value):
        return cls.X
class P(IntEnum):
    LOW = 1
    HIGH = 2
class N(Node):
    def __init__(self, *q, **kw):
        super().__init__(**kw)
    def process(self, x): return x
p = Pipeline("enums2")
p.add(N(T.ONE.value, T.UNO.name, T.UNO is T.ONE))
p.add(N(I.A.value, I.A + 1, int(I.A)))
p.add(N(Under._A, len(Under)))
p.add(N([o.name for o in Opt], len(Opt), Opt.AB))
p.add(N(f"{S.X}-{S.Y!r}", str(S.X), "%s" % S.Y, S.X.upper(), ",".join(list(S)), S.X))
p.add(N(L.X.value, L("x")))
p.add(N({S.X: 1, P.LOW: 2}, {"x": 3}[S.X]))
p.add(N({Under.B: 1}, {Under.B, Under.B}))
p.add(N(sorted(P, reverse=True), max(P), min(P, key=lambda q: -q), sum(P), P.LOW < P.HIGH, list(range(P.HIGH)), [5, 6, 7][P.LOW], P(2), P["LOW"], P.LOW in P, isinstance(P.LOW, int), isinstance(S.X, S), bool(P.LOW)))
p.add(N(*[P.LOW] * P.HIGH, [0] * P.HIGH, "ab"[P.LOW], -P.HIGH, P.HIGH | 1, str(P.LOW), f"{P.LOW:03d}"))
p.add(N(S("x") == "x", S.X != "y", "x" in [S.X], S.X in ("x",), {"x"} & {S.X}))
match S.Y:
    case S.X: p.add(N("X"))
    case "y": p.add(N("Y"))
