"""RM108: a value cannot stand in a manifest. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._examples import GAIN
from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM108",
    "error",
    "Plain data, files of the project, arrays, and functions, classes and enumerations found by name can be "
    "stated. A lambda, an open file or a connection exists only in the program that made it.",
    bad=GAIN
    + """\
p = Pipeline("louder")
p.add(Gain(lambda value: value))
""",
    good=GAIN
    + """\
p = Pipeline("louder")
p.add(Gain(2))
""",
)
