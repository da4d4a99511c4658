"""A condition on the version of Python that does not hold everywhere."""
import sys

from remotemedia import Pipeline
from remotemedia.nodes import PassThroughNode

p = Pipeline("newer_version")
if sys.version_info >= (3, 13):
    p.add(PassThroughNode())
