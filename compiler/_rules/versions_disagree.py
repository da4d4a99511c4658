"""RM131: what is installed is not what the project requires or has locked. It is found while imports are looked up."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM131",
    "warning",
    "A package states the versions that are installed where it is built, and vendors their files. Where the project "
    "states others, one of the two is not what its author believes.",
    bad="""\
# /// script
# dependencies = ["packaging<1"]
# ///
import packaging.version

from remotemedia import Node, Pipeline


class Length(Node):
    def process(self, value):
        return packaging.version.parse(value).major


p = Pipeline("length")
p.add(Length())
""",
    good="""\
# /// script
# dependencies = ["packaging>=20"]
# ///
import packaging.version

from remotemedia import Node, Pipeline


class Length(Node):
    def process(self, value):
        return packaging.version.parse(value).major


p = Pipeline("length")
p.add(Length())
""",
)
