"""Conditions on the version of Python that hold wherever the SDK runs."""
import sys

from remotemedia import Pipeline
from remotemedia.nodes import PassThroughNode

p = Pipeline("supported_version")
p.add(PassThroughNode(name="always"))
if sys.version_info >= (3, 11):
    p.add(PassThroughNode(name="modern"))
if sys.version_info < (3, 9):
    p.add(PassThroughNode(name="ancient"))
