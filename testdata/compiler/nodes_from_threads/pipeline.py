"""Nodes made where they cannot be followed, with a name beside them."""
from concurrent.futures import ThreadPoolExecutor
from remotemedia import Pipeline
from remotemedia.nodes import MultiplyNode
with ThreadPoolExecutor() as pool:
    nodes = list(pool.map(MultiplyNode, [1, 2, 3]))
p = Pipeline(nodes, name="pool")
