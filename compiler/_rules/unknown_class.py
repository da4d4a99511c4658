"""RM104: a node's class cannot be found. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM104",
    "error",
    "A package names the class of each node as `module:Class`, and makes the node by that name where it "
    "runs. So the class must be found: in `remotemedia`, in this file or in a module beside it, at the top "
    "of its module.",
    bad="""\
from remotemedia import AudioMixer, Pipeline

p = Pipeline("speech")
p.add(AudioMixer())
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode())
""",
)
