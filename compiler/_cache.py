"""Programs that were compiled before, by content.

An entry is used only while every file that the compilation looked at, the installed distributions and the compiler
itself are what they were. Only successes are kept: a refusal is shown with its reasons, fresh.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import remotemedia
from remotemedia.compiler._digests import Digests
from remotemedia.compiler._program import Program
from remotemedia.compiler._watch import Seen, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import ConfigDict, TypeAdapter

    from remotemedia.compiler._notes import Stamp

__all__ = ["entry_of", "find", "forget", "keep", "kept"]

_ROOMS: Final = ("compiler", "nodes", "schemas")
"""What a result depends on of this tool, beside the modules of `remotemedia` itself."""

_METADATA: Final = (".dist-info", ".egg-info")

_MAX_ENTRIES: Final = 256
_MAX_BYTES: Final = 64 << 20
"""Of one entry; a larger program is compiled each time."""


@dataclass(frozen=True)
class _Entry:
    seen: tuple[Seen, ...]
    program: Program

    __pydantic_config__: ClassVar[ConfigDict] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}


def entry_of(directory: Path, source: Path, pipeline: str | None) -> Path:
    """Return where the result of compiling a file with this tool, in this environment, is kept."""
    parts = (
        os.path.realpath(source),
        pipeline or "",
        remotemedia.__file__ or "",
        sys.version,
        *_tool(),
        *_environment(),
    )
    return directory / f"{hashlib.sha256(chr(0).join(parts).encode(errors='surrogateescape')).hexdigest()}.json"


def find(entry: Path) -> Program | None:
    """Return what compiling a file gave before, if nothing that it depends on has changed."""
    try:
        if entry.stat().st_size > _MAX_BYTES:
            return None
        text = entry.read_bytes()
    except OSError:
        return None
    try:
        known = _adapter().validate_json(text)
    except ValueError:  # of another version, or damaged: it is only a cache
        return None
    digests = Digests(entry.parent)
    if not all(seen.is_unchanged(digests) for seen in known.seen):
        return None
    with suppress(OSError):
        os.utime(entry)
    return known.program


def keep(entry: Path, program: Program, paths: Mapping[str, Stamp]) -> None:
    """Keep what compiling a file gave.

    Nothing is kept where the directory cannot be written, where a file has changed meanwhile, or has a name that is not
    Unicode.
    """
    digests = Digests(entry.parent)
    seen = [state_of(path, before, digests) for path, before in sorted(paths.items())]
    same = tuple(it for it in seen if it is not None)
    if len(same) < len(seen):
        return
    try:
        text = _adapter().dump_json(_Entry(same, program))
    except ValueError:
        return
    if len(text) > _MAX_BYTES:
        return
    with suppress(OSError):
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=entry.parent, delete=False) as file:
            file.write(text)
        Path(file.name).replace(entry)
        _shrink(entry.parent)


def kept(directory: Path) -> tuple[int, int]:
    """Return how many programs are kept, and how many bytes they take."""
    sizes = [path.stat().st_size for path in directory.glob("*.json")]
    return len(sizes), sum(sizes)


def forget(directory: Path) -> None:
    """Remove all that is kept, and what an interrupted run has left."""
    shutil.rmtree(directory, ignore_errors=True)


def _shrink(directory: Path) -> None:
    """Remove the entries that were used least recently."""
    entries = sorted(directory.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[_MAX_ENTRIES:]:
        path.unlink(missing_ok=True)


def _tool() -> Iterable[str]:
    """Give what tells one build of this tool from another, also where it is edited in place."""
    for root in remotemedia.__path__:
        for name in ("", *_ROOMS):
            for directory, inner, files in os.walk(f"{root}/{name}"):
                inner[:] = sorted(set(inner) - {"__pycache__"}) if name else []
                for file in sorted(files):
                    with suppress(OSError):  # it may just have gone
                        yield f"{file} {os.stat(f'{directory}/{file}').st_mtime_ns}"  # noqa: PTH116 - of hundreds


def _environment() -> Iterable[str]:
    """Give what changes when a distribution is installed or removed."""
    for entry in sys.path:
        with suppress(OSError):
            if entry and not Path(entry).samefile(os.curdir):
                yield f"{entry} {Path(entry).stat().st_mtime_ns}"
            else:  # which changes with all that is written here
                yield from sorted(name for name in os.listdir(entry or os.curdir) if name.endswith(_METADATA))  # noqa: PTH208 - of names


def _adapter() -> TypeAdapter[_Entry]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - only where there is an entry to read or write

    return TypeAdapter(_Entry)
