import sys

from remotemedia import PassThroughNode, Pipeline

inner = Pipeline("inner").add(PassThroughNode())

p = Pipeline("merged")
p.add(PassThroughNode(name="first"))
p.add(PassThroughNode(name="second"), sync="newest")
p.add(PassThroughNode(name="third"), sync=sys.argv[1])
p.add(inner, sync="pts")
