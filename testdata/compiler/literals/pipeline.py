from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


p = Pipeline("literals")
p.add(Keep(None)).add(Keep(True)).add(Keep(-1)).add(Keep(+2.5e-3)).add(Keep(0x1F)).add(Keep(1_000))
p.add(Keep("plain")).add(Keep('a' "b" """c""")).add(Keep(r"\d")).add(Keep("\u00e4\n\x41\N{BULLET}"))
p.add(Keep([1, [2, 3], (4, 5)])).add(Keep((1,))).add(Keep({"a": {"b": [None]}})).add(Keep([]))
p.add(Keep([*range_like, 3])) if (range_like := [1, 2]) else None
p.add(Keep({**{"x": 1}, "y": 2, "$dollar": 3, "$$two": 4}))
p.add(Keep(1.0)).add(Keep(-0.0)).add(Keep(2**53 - 1))
