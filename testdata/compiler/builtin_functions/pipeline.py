"""Built-in functions of known values."""

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


sizes = [512, 128, 256]
names = ("low", "mid", "high")
by_name = dict(zip(names, sorted(sizes)))

p = Pipeline("builtins")
p.add(Keep([list(range(0, 10, 3)), sum(sizes), min(sizes), max(names, key=len), abs(-3), round(2.567, 2)]))
p.add(Keep(by_name)).add(Keep(list(reversed(sizes)))).add(Keep(list(enumerate(names, start=1))))
p.add(Keep(list(map(str, sizes)))).add(Keep([n for n in filter(None, [0, 1, 2])]))
p.add(Keep([any(n > 500 for n in sizes), all(sizes), isinstance(3, (int, str)), divmod(7, 2), pow(2, 10)]))
p.add(Keep([int("ff", 16), float("1.5"), bool([]), chr(65), ord("a"), repr("x"), type(1.5).__name__, hex(255)]))
p.add(Keep(sorted(names, key=lambda name: name[-1], reverse=True)))
p.add(Keep(next(n for n in sizes if n < 500))).add(Keep(tuple(names[1:]))).add(Keep(bytes([1, 2])))
p.add(Keep(dict(a=1, **{"b": 2}))).add(Keep(getattr(p, "name")))
