"""RM112: two nodes have the same name. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM112",
    "error",
    "A node's name is its id: connections, settings and reports call it by that. Nodes without a name of "
    "their own get one from their class, with a number where needed.",
    bad="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode(name="mix"))
p.add(AudioMixNode(2, name="mix"))
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode(name="mono"))
p.add(AudioMixNode(2, name="stereo"))
""",
)
