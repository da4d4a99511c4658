"""RM107: an argument is not known before run time. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM107",
    "error",
    "A manifest states every argument, so each must be known without running the program. What a run shall "
    "decide is declared as a parameter; what comes from the environment and is secret, as a secret.",
    bad="""\
import sys

from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode(int(sys.argv[1])))
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode(p.param("channels", 1)))
""",
)
