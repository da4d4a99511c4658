"""Imports in functions count for the classes that reach the function, and for no others."""

import helper
from helper import spectrum as analyse
from remotemedia import Node, Pipeline


def inner(value):
    import maybe_native

    return maybe_native.fold(value)


class Words(Node):
    def process(self, value):
        return helper.words(value)


class Spectrum(Node):
    def process(self, value):
        return analyse(value)


class Inner(Node):
    def process(self, value):
        return inner(value)


class Whole(Node):
    def process(self, value):
        return getattr(helper, "words")(value)


p = Pipeline("lazy")
p.add(Words()).add(Spectrum()).add(Inner()).add(Whole())
