"""Files that come into being, and change, as a whole: whoever reads one sees the old content or the new.

    with replacing(path, 0o644) as stream:
        stream.write(content)

What is written stands beside its place under a hidden name until it is complete; an error leaves what was there, and
nothing beside it. Every error is an `OSError`, for the caller to say in words.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO


def replacing(path: Path, mode: int, *, sync: bool = False) -> AbstractContextManager[IO[bytes]]:
    """Give a stream whose content takes the place of a file if the block is left without an error.

    With `sync` the content is on the disk before the name is.
    """
    return _beside(path, mode, sync=sync, place=lambda new: new.replace(path))


def replace_file(path: Path, data: bytes, mode: int, *, sync: bool = False) -> None:
    """Let a file have this content and mode."""
    with replacing(path, mode, sync=sync) as stream:
        stream.write(data)


def write_new(path: Path, data: bytes, mode: int) -> None:
    """Make a file, whole and on the disk; raises `FileExistsError` if the name was taken, also in the meantime."""

    def place(new: Path) -> None:
        path.hardlink_to(new)
        new.unlink()

    with _beside(path, mode, sync=True, place=place) as stream:
        stream.write(data)


@contextmanager
def _beside(path: Path, mode: int, *, sync: bool, place: Callable[[Path], object]) -> Iterator[IO[bytes]]:
    """Give a stream into a file beside its place, which `place` brings there when it is complete."""
    import tempfile  # noqa: PLC0415 - takes as long to import as much that only reads

    number, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    new = Path(name)
    try:
        with os.fdopen(number, "wb") as stream:
            yield stream
            stream.flush()
            os.fchmod(number, mode)
            if sync:
                os.fsync(number)
        place(new)
    except BaseException:
        with suppress(OSError):  # what failed first is told
            new.unlink(missing_ok=True)
        raise
