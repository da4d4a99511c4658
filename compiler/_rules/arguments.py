"""RM105: arguments do not fit the constructor. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._examples import GAIN
from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM105",
    "error",
    "Arguments are bound to the constructor's signature as Python itself would bind them: an unknown "
    "keyword, a missing argument, one too many. The same goes for `add` and `connect`, which take nodes of "
    "the pipeline.",
    bad=GAIN
    + """\
p = Pipeline("louder")
p.add(Gain())
""",
    good=GAIN
    + """\
p = Pipeline("louder")
p.add(Gain(2))
""",
)
