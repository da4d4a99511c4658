"""RM130: an import belongs to no distribution. It is found while imports are looked up."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM130",
    "error",
    "What is neither in the project nor in the standard library has to come from a distribution that is installed, or "
    "at least locked; otherwise the package would lack it without a word. An import in a `try` that copes without is "
    "optional.",
    bad="""\
import packagin.version

from remotemedia import Node, Pipeline


class Length(Node):
    def process(self, value):
        return packagin.version.parse(value).major


p = Pipeline("length")
p.add(Length())
""",
    good="""\
import packaging.version

from remotemedia import Node, Pipeline


class Length(Node):
    def process(self, value):
        return packaging.version.parse(value).major


p = Pipeline("length")
p.add(Length())
""",
)
