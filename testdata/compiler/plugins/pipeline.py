"""Classes that register themselves when they are derived."""
from remotemedia import Pipeline, Node
class Plugin(Node):
    registry = {}
    def __init_subclass__(cls, /, kind=None, **kw):
        super().__init_subclass__(**kw)
        cls.registry[kind or cls.__name__.lower()] = cls
    def process(self, x): return x
class Upper(Plugin, kind="up"):
    pass
class Lower(Plugin):
    pass
p = Pipeline("plugins")
for k in ["up", "lower"]:
    p.add(Plugin.registry[k]())
