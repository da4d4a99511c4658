"""What the nodes at the ends of a pipeline have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from remotemedia.errors import NodeError
from remotemedia.node import Node
from remotemedia.nodes._values import unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Sink", "Source"]


class Source(Node):
    """Gives what it reads itself; a source that is told of nothing to read passes its input on."""

    def process(self, *values: Any) -> Any:
        """Return the value, or without one give what the source reads.

        Raises:
            NodeError: RM606, it was given a value beside what it reads; RM612, it was given neither, or it cannot read.
        """
        if self._reads():
            if values:
                raise unusable(self, "no input beside what the source reads itself", values[0])
            return self._read()
        if values:
            return values[0]
        raise NodeError(
            f"expected an input for `{self.name}`, got none",
            code="RM612",
            hint="give `run` a value, or the source something to read",
            node=self.name,
        )

    @abstractmethod
    def _reads(self) -> bool:
        """Whether there is something that the source is to read."""

    @abstractmethod
    def _read(self) -> Iterator[Any]:
        """Give what there is to read."""


class Sink(Node):
    """Writes something, whose end must be written too."""

    @abstractmethod
    def flush(self) -> None:
        """Write the end."""

    def cleanup(self) -> Any:
        """Write the end, also after a run that failed."""
        self.flush()
        return super().cleanup()
