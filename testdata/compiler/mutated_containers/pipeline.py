"""Containers that are changed in place before they are given to a node."""

from remotemedia import AudioMixNode, Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


nodes = [AudioMixNode(1), AudioMixNode(2), AudioMixNode(3)]
nodes.insert(0, nodes.pop())
nodes.reverse()
order = [3, 1, 2]
order.sort(reverse=True)
order.remove(1)
order += [7, 8]
order[0] = 30
del order[-1]
same = order
same.extend(range(2))
table = {}
table.update(a=1)
table.update([("b", [2])])
table["b"].append(3)
table |= {"c": order[1:]}

p = Pipeline("changed")
for node in nodes:
    p.add(node)
p.add(Keep(order)).add(Keep(table)).add(Keep([[0] * 2] * 2)).add(Keep(nodes.index(nodes[1])))
order.append("too late")
