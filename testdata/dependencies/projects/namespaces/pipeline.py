"""Namespace packages (PEP 420): of several distributions, and of the project itself."""

import acme.alpha
from acme import beta
from remotemedia import Node, Pipeline

import parts.deep.scale


class Alpha(Node):
    def process(self, value):
        return acme.alpha.ALPHA * value * parts.deep.scale.FACTOR


class Beta(Node):
    def process(self, value):
        return beta.BETA


p = Pipeline("acme")
p.add(Alpha()).add(Beta())
