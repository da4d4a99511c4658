"""`.rmignore`: which files of a project stay out of its packages, in the syntax of gitignore."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._watch import saw

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pathspec import GitIgnoreSpec

__all__ = ["IGNORE_FILE", "Ignored"]

IGNORE_FILE: Final = ".rmignore"

_DEFAULTS: Final = """
.git/
.hg/
.svn/
__pycache__/
*.py[cdo]
.venv/
venv/
node_modules/
.tox/
.nox/
.*_cache/
.ipynb_checkpoints/
*.egg-info/
.remotemedia/
*.rmpkg
.rmignore
.gitignore
.gitattributes
.dockerignore
.DS_Store
Thumbs.db
*.swp
*~
"""
"""What a directory has beside its data: left out unless `.rmignore` takes it in with `!`."""

_MAX_BYTES: Final = 1 << 20


class Ignored:
    """What a project leaves out.

    Args:
        root: the project's directory; its `.rmignore` counts, those below it do not.
    """

    def __init__(self, root: Path) -> None:
        path = root / IGNORE_FILE
        saw(path)
        try:
            with path.open("rb") as file:
                text = file.read(_MAX_BYTES).decode("utf-8", "replace")
        except OSError:  # there is none
            text = ""
        self._lines = tuple(text.splitlines())

    def excludes(self, path: str) -> bool:
        """Return whether what is found below a named directory is left out.

        Args:
            path: from the root, posix; a directory's ends with `/`.
        """
        return self._all.match_file(path)

    def excluding_line(self, path: str) -> str | None:
        """Return the line of `.rmignore` that leaves a file out, if there is one."""
        if not self._lines:
            return None
        found = self._own.check_file(path)
        return self._lines[found.index] if found.include and found.index is not None else None

    def admits(self, path: str) -> bool:
        """Return whether a line of `.rmignore` takes a file in with `!`."""
        return bool(self._lines) and self._own.check_file(path).include is False

    @cached_property
    def _own(self) -> GitIgnoreSpec:
        return _spec(self._lines)

    @cached_property
    def _all(self) -> GitIgnoreSpec:
        return _spec((*_DEFAULTS.split(), *self._lines))


def _spec(lines: Iterable[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - most projects need none, and it takes its time to import

    return GitIgnoreSpec.from_lines(lines)
