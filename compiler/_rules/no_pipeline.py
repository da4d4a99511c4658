"""RM102: no pipeline is built in this file. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM102",
    "error",
    "What is compiled is a `Pipeline` that this file makes. A file that only defines nodes is compiled with "
    "the file that imports it.",
    bad="""\
from remotemedia import AudioMixNode

mono = AudioMixNode()
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode())
""",
)
