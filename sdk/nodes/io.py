"""Nodes where data enters a pipeline.

from remotemedia.nodes.io import AudioSource

pipeline.add(AudioSource("interview.flac"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.node import Node
from remotemedia.nodes._engine_only import engine_only

if TYPE_CHECKING:
    import os

__all__ = ["AudioSource"]


class AudioSource(Node):
    """Sound from the run's input, or from a file of the project.

    Args:
        path: a wav, flac, mp3 or ogg file; without it the run's input is read.
        kw: arguments of `Node`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, **kw: Any) -> None:
        super().__init__(**kw)
        self.path = path

    def process(self) -> Any:
        """Refuse: only the engine decodes sound.

        Raises:
            PipelineError: RM703.
        """
        engine_only(self)
