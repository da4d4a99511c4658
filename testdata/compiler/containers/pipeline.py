"""Containers are shared by name until a node takes them; then it keeps its own copy."""
from remotemedia import Node, OnnxNode, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


state = {"h": "hn"}
alias = state
alias["c"] = "cn"
p = Pipeline("containers")
p.add(OnnxNode("m.onnx", state=state))
state["later"] = "unseen"
rows = [[1], [2]]
rows[0].append(3)
rows.append([])
p.add(Keep(rows)).add(Keep([*rows, 4])).add(Keep({**state, "c": 1}))
rows[1] = "replaced"
p.add(Keep(rows[1])).add(Keep(rows[-1])).add(Keep(state["h"][0])).add(Keep(rows + ["x"])).add(Keep(alias))
