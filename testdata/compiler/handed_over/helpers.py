import os
NODES = os.sched_getaffinity(0)


def extend(graph):
    graph.add(1)


def tune(node): ...


def make(): ...
