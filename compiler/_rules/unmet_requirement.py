"""RM132: a requirement is not met. It is found while imports are looked up."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM132",
    "error",
    "What a project requires and imports has to be installed where a package is built: its version, its licence and "
    "its files become part of it. All that the pipeline's own file requires has to be there.",
    bad="""\
# /// script
# dependencies = ["a-name-that-nobody-has-taken"]
# ///
from remotemedia import Node, Pipeline


class Length(Node):
    def process(self, value):
        return len(value)


p = Pipeline("length")
p.add(Length())
""",
    good="""\
from remotemedia import Node, Pipeline


class Length(Node):
    def process(self, value):
        return len(value)


p = Pipeline("length")
p.add(Length())
""",
)
