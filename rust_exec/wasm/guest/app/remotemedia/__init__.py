"""`remotemedia` inside the sandbox: what a node needs, and nothing that builds or runs pipelines.

`Node`, `Array`, the errors and the nodes of the standard library alone are the real ones. Every other public name is
inert, so that the file that builds the pipeline can be imported for its classes; see `remotemedia._sandbox.inert`.
"""

from remotemedia._names import HOMES
from remotemedia._sandbox.inert import inert

__all__ = [  # noqa: PLE0604 - the names are those of the table
    *HOMES
]


def __getattr__(name: str) -> object:
    """Give an inert stand-in for a public name that the sandbox does not have.

    Raises:
        ImportError: a node calls the engine's kernels, which are outside.
    """
    if name == "_native":
        raise ImportError("expected a node that runs in the sandbox, got one that the engine runs natively")
    return inert(name)
