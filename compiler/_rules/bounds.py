"""RM114: the program exceeds a bound of the analysis. It is found while the program is read or evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

_GOOD: Final = """\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode())
"""

RULE: Final = Rule(
    "RM114",
    "error",
    "A program that is compiled may come from anyone. Its size, its nesting, the modules it imports and the steps that "
    "its evaluation takes are bounded, so that a hostile one ends in this message and not in a stalled build.",
    bad=_GOOD + f"nested = {'[' * 250}{']' * 250}\n",
    good=_GOOD,
)
