"""RM110: a module of the project cannot be analysed. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM110",
    "error",
    "The modules that the file imports from its own project are read as well, and packed. Each has to be "
    "there and be valid Python.",
    bad="""\
from . import gains
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode())
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("speech")
p.add(AudioMixNode())
""",
)
