from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, *values, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


A, B = 7, 2.5
p = Pipeline("oper" + "ators")
p.add(Keep(A + 1, A - 1, A * 2, A / 2, A // 2, A % 4, A**2, A << 3, A >> 1, A & 3, A | 8, A ^ 1, ~A, -B, +A))
p.add(Keep("a" * 3, "x" + "y", [1] + [2], (1,) + (2,), not A, not ""))
p.add(Keep(A > 3, 1 < A < 9, A == 7.0, A != 7, "a" in "abc", 3 not in [1, 2], None is None, A is not None))
p.add(Keep(A and B, 0 or "default", "" and 1, A if A > 3 else B, "small" if A < 3 else "large"))
p.add(Keep(f"{A}", f"{B:.3f}|{A!r:>5}|{{}}", f"{'quoted'!r}\n{A:0{3}d}", f"a{1}" "b" f"{2}"))
p.add(Keep(int("12"), float("1.5"), str(3), round(2.567, 2), min(1, 2), max([3, 4]), len("abc"), abs(-1), sum([1, 2])))
p.add(Keep("Mixed".lower(), " x ".strip(), "a,b".split(","), "name.onnx".removesuffix(".onnx")))
