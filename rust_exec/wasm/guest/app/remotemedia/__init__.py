"""`remotemedia` inside the sandbox: what a node needs, and nothing that builds or runs pipelines.

`Node`, `Array` and the errors are the real ones. Every other public name is inert, so that the file that builds the
pipeline can be imported for its classes; see `remotemedia._sandbox.inert`.
"""

from remotemedia._sandbox.inert import inert
from remotemedia.array import Array
from remotemedia.errors import RemoteMediaError
from remotemedia.node import Node

__all__ = ["Array", "Node", "RemoteMediaError"]


def __getattr__(name: str) -> object:
    """Give an inert stand-in for a public name that the sandbox does not have."""
    return inert(name)
