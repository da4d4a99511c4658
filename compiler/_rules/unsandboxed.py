"""RM111: a node's code needs what its sandbox does not have. It is found while the program is evaluated."""

from typing import Final

from remotemedia.compiler._rules._examples import GAIN
from remotemedia.compiler._rules._rule import Rule

__all__ = ["RULE"]

RULE: Final = Rule(
    "RM111",
    "warning",
    "Python nodes of a package run in a sandbox with the standard library, without processes and sockets. A "
    "node that needs more runs only where its user allows host Python.",
    bad="""\
import subprocess

from remotemedia import Node, Pipeline


class Gain(Node):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, value):
        return subprocess.run(self.factor, input=value).stdout


p = Pipeline("louder")
p.add(Gain("rev"))
""",
    good=GAIN
    + """\
p = Pipeline("louder")
p.add(Gain(2))
""",
)
