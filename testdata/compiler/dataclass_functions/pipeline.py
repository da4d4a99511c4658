"""What `dataclasses` makes of fields: from and to dicts, replaced, compared."""
from __future__ import annotations
import dataclasses
import json
from dataclasses import dataclass, field
from remotemedia import Pipeline, Node
@dataclass
class Stage:
    kind: str
    params: dict = field(default_factory=dict)
    @classmethod
    def from_dict(cls, d: dict) -> Stage:
        return cls(**d)
@dataclass
class Config:
    name: str = "nested"
    stages: list[Stage] = field(default_factory=lambda: [Stage("a"), Stage("b", {"x": 1})])
    @classmethod
    def from_dict(cls, d):
        d = dict(d)
        d["stages"] = [Stage.from_dict(s) for s in d.get("stages", [])]
        known = {f.name for f in dataclasses.fields(cls)}
        return cls(**{k: v for k, v in d.items() if k in known})
    def to_dict(self): return dataclasses.asdict(self)
class N(Node):
    def __init__(self, stage: Stage, all_: dict = None, **kw): super().__init__(**kw)
    def process(self, x): return x
cfg = Config.from_dict({"name": "nested2", "stages": [{"kind": "q"}, {"kind": "r", "params": {"z": [1]}}], "junk": 1})
p = Pipeline(cfg.name)
for s in cfg.stages:
    p.add(N(s, name=s.kind))
p.add(N(Config().stages[1], cfg.to_dict(), name="last"))


class Many(Node):
    def __init__(self, *values, **kw): super().__init__(**kw)
    def process(self, x): return x


p.add(Many(dataclasses.astuple(cfg.stages[1]), cfg.stages[0] == Stage("q"), cfg.stages[0] != Stage("q", {"a": 1})))
p.add(Many(dataclasses.replace(cfg, name="other").name, dataclasses.is_dataclass(cfg), dataclasses.is_dataclass(5)))
