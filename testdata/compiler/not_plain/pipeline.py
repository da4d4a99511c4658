import math

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value=None, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


class Config:
    rate = 1


def made():
    class Local:
        pass

    return Local


p = Pipeline("rm108")
p.add(Keep(lambda x: x))
p.add(Keep(open(__file__, "rb")))
p.add(Keep(Config()))
p.add(Keep(p.add))
p.add(Keep(1j))
p.add(Keep("\ud800"))
p.add(Keep([1, {"deep": range(3)}]))
p.add(Keep(iter([1])))
p.add(Keep({"a": 1}.keys()))
p.add(Keep(math))
p.add(Keep("abc".upper))
p.add(Keep(made()))
