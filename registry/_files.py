"""Files that change as a whole: whoever reads one sees the old content or the new, also after a failure."""

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, data: bytes, mode: int, *, sync: bool = False) -> None:
    """Let a file have this content and mode; an `OSError` leaves what was there, and nothing beside it.

    With `sync` the content is on the disk before the name is.
    """
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(number, mode)
            if sync:
                os.fsync(number)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
