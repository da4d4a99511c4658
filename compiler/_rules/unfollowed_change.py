"""RM106: the graph is changed in a way that cannot be followed. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM106",
    "error",
    "Code whose course is known without running it is followed: functions, loops and conditions over known "
    "values. Where that is not known, the code is passed over, and must not touch the graph: otherwise "
    "another pipeline could be built than the one that runs.",
    bad="""\
import random

from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
if random.random() < 0.5:
    p.add(AudioMixNode())
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode())
""",
)
