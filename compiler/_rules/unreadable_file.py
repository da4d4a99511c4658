"""RM101: the file is not Python that can be analysed. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM101",
    "error",
    "The file that builds the pipeline is read as text and parsed, never run. It has to be there, be UTF-8 "
    "and be valid Python.",
    bad="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode()
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode())
""",
)
