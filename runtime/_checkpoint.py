"""What a user decides about checkpoints: `Checkpoints.of(checkpoint=Path("state"), resume=None, every_s=5.0)`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remotemedia.errors import UsageError


@dataclass(frozen=True)
class Checkpoints:
    """Where a run notes how far it is.

    Attributes:
        directory: of its checkpoints, and of nothing else.
        every_s: seconds from one to the next.
        resume: whether the run goes on from the last one that is there.
    """

    directory: Path
    every_s: float = 5.0
    resume: bool = False

    @classmethod
    def of(cls, *, checkpoint: Path | None, resume: Path | None, every_s: float) -> Checkpoints | None:
        """What the options `--checkpoint`, `--resume` and `--checkpoint-every` say together.

        Raises:
            UsageError: RM701, they name two directories.
        """
        if checkpoint and resume and checkpoint.absolute() != resume.absolute():
            raise UsageError(
                f"expected one directory for `--checkpoint` and `--resume`, got `{checkpoint}` and `{resume}`",
                code="RM701",
                hint="a run that goes on notes its checkpoints where it found them: leave out `--checkpoint`",
            )
        directory = resume or checkpoint
        return None if directory is None else cls(directory.absolute(), every_s, resume is not None)

    def plan(self) -> dict[str, Any]:
        """The same as the executor reads it."""
        every_ms = max(1, round(1000 * self.every_s))
        return {"directory": str(self.directory), "every_ms": every_ms, "resume": self.resume}
