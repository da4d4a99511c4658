"""What is asked of a run while it goes on: the stream from which the executor reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remotemedia.errors import UsageError

__all__ = ["control_stream"]


@contextmanager
def control_stream(place: str | None) -> Iterator[tuple[int, ...]]:
    """Give the descriptor of a file, of a FIFO, or of stdin for `-`; none for None.

    A FIFO stays open while its writers come and go.

    Raises:
        UsageError: RM701, it cannot be read.
    """
    if place is None:
        yield ()
        return
    try:
        flags = os.O_RDWR if Path(place).is_fifo() else os.O_RDONLY
        descriptor = os.dup(0) if place == "-" else os.open(place, flags)
    except OSError as exc:
        raise UsageError(
            f"expected a file or FIFO for `--control`, got `{place}`: {exc.strerror}", code="RM701"
        ) from exc
    try:
        yield (descriptor,)
    finally:
        os.close(descriptor)
