"""RM113: a node is changed after it was made. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._examples import GAIN
from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM113",
    "error",
    "A package makes a node anew from the arguments of its constructor. An attribute that is set afterwards "
    "would be lost.",
    bad=GAIN
    + """\
p = Pipeline("louder")
gain = Gain(2)
gain.factor = 3
p.add(gain)
""",
    good=GAIN
    + """\
p = Pipeline("louder")
gain = Gain(3)
p.add(gain)
""",
)
