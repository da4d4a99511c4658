from remotemedia import AddNode, BufferNode, MultiplyNode, PassThroughNode, Pipeline

ORDER = "pts"

p = Pipeline("merged")
source = PassThroughNode(name="source")
left, right = AddNode(1), MultiplyNode(2)
p.add(source).add(left, after=source).add(right, after=source)
p.add(BufferNode(2, name="joined"), after=[left, right], sync=ORDER)
p.add(PassThroughNode(name="told"), sync="arrival").add(PassThroughNode(name="silent"), sync=None)
