"""RM134: a module or data file is named by what is not known. It is found while imports are followed."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM134",
    "warning",
    "A module that is imported by a name, and a data file that is read from a package, are packed if their names are "
    "constants. Others may be missing where the package runs.",
    bad="""\
import importlib

from remotemedia import Node, Pipeline


class Length(Node):
    def __init__(self, codec, **kwargs):
        super().__init__(**kwargs)
        self.codec = importlib.import_module(codec)

    def process(self, value):
        return len(self.codec.dumps(value))


p = Pipeline("length")
p.add(Length("json"))
""",
    good="""\
import importlib

from remotemedia import Node, Pipeline


class Length(Node):
    def process(self, value):
        return len(importlib.import_module("json").dumps(value))


p = Pipeline("length")
p.add(Length())
""",
)
