"""RM103: several pipelines are built in this file. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM103",
    "error",
    "One package is one pipeline. Where a file builds several, `--pipeline` names the one that is meant, by "
    "its variable or its own name; `remotemedia check` looks at all of them.",
    bad="""\
from remotemedia import AudioMixNode, Pipeline

speech = Pipeline("speech").add(AudioMixNode())
music = Pipeline("music").add(AudioMixNode(2))
""",
    good="""\
from remotemedia import AudioMixNode, Pipeline

speech = Pipeline("speech").add(AudioMixNode())
""",
)
