"""A class that joins nodes by an operator of its own."""
from remotemedia import Pipeline, Node
class N(Node):
    def __init__(self, v, **kw): super().__init__(**kw)
    def process(self, x): return x
class Chain:
    def __init__(self, *nodes): self.nodes = list(nodes)
    def __rshift__(self, other):
        return Chain(*self.nodes, *(other.nodes if isinstance(other, Chain) else [other]))
    def __len__(self): return len(self.nodes)
    def __getitem__(self, i): return self.nodes[i]
    def __iter__(self): return iter(self.nodes)
    def __contains__(self, n): return n in self.nodes
    def build(self, name):
        p = Pipeline(name)
        for n in self.nodes: p.add(n)
        return p
c = Chain(N(1, name="a")) >> N(2, name="b") >> Chain(N(3, name="c"))
p = c.build("dsl")
p.add(N(len(c), name="count"))
p.connect(c[0], c[2])
