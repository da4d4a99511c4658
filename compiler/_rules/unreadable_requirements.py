"""RM133: a file that states requirements cannot be read. It is found while imports are looked up."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM133",
    "error",
    "Inline script metadata, `pyproject.toml`, `requirements*.txt`, `uv.lock` and `pylock*.toml` are read for "
    "versions and hashes. What cannot be read is refused, for it would be passed over otherwise.",
    bad="""\
# /// script
# dependencies = ["packaging >"]
# ///
from remotemedia import Node, Pipeline


class Length(Node):
    def process(self, value):
        return len(value)


p = Pipeline("length")
p.add(Length())
""",
    good="""\
# /// script
# dependencies = ["packaging"]
# ///
from remotemedia import Node, Pipeline


class Length(Node):
    def process(self, value):
        return len(value)


p = Pipeline("length")
p.add(Length())
""",
)
