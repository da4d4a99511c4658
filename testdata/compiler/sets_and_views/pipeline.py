"""Sets, and what dicts show of themselves."""

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


table = {"b": 2, "a": 1}
keys = table.keys()
table["c"] = 3
rates = {8000, 16000} | {48000} - {16000}
rates.add(22050)
merged = table | {"d": 4}

p = Pipeline("sets")
p.add(Keep(sorted(rates))).add(Keep([len(rates), 8000 in rates, max(rates), rates >= {8000}]))
p.add(Keep(list(keys))).add(Keep([(k, v) for k, v in merged.items()])).add(Keep(sum(table.values())))
p.add(Keep([table.get("x", 0), table.pop("a"), "a" in table, table.setdefault("e", [])]))
p.add(Keep(rates)).add(Keep(dict.fromkeys(["x", "y"], 0)))
