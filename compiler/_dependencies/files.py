"""Reads the files in which projects state what they require."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._diagnostic import Diagnostic, Span, compile_error
from remotemedia.compiler._watch import saw

if TYPE_CHECKING:
    from pathlib import Path

    from remotemedia.errors import CompileError

__all__ = ["Broken", "TextFile", "read_text", "table_of"]

_MAX_BYTES: Final = 4 << 20
_LINE: Final = re.compile(r" \(at line (\d+), column \d+\)$")
_HELP: Final = "correct the file, or remove it: a package states what its project states"


class Broken(Exception):  # noqa: N818 - never seen by a user: it becomes a finding
    """A file cannot be read as what it is."""

    def __init__(self, message: str, span: Span | None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span

    def error(self) -> CompileError:
        """Return it as a finding (RM133)."""
        return compile_error([Diagnostic("RM133", "error", self.message, self.span, help=_HELP)])


@dataclass(frozen=True)
class TextFile:
    """A file's text.

    Attributes:
        path: absolute.
        name: path from the directory in which the project states its requirements.
    """

    path: Path
    directory: Path
    text: str

    @property
    def name(self) -> str:
        """The path from the project's directory, posix."""
        return self.path.relative_to(self.directory).as_posix()

    def line(self, number: int) -> Span:
        """Return where a line stands, from 1."""
        lines = self.text.splitlines()
        shown = lines[number - 1] if number <= len(lines) else ""
        start = len(shown) - len(shown.lstrip()) + 1
        return Span(self.name, number, start, number, max(len(shown.rstrip()), start) + 1, shown)

    def find(self, text: str) -> Span | None:
        """Return where a text first stands in the file: readers of TOML do not tell."""
        at = self.text.find(text)
        if at < 0 or not text or "\n" in text:
            return None
        number = self.text.count("\n", 0, at) + 1
        shown = self.text.splitlines()[number - 1]
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        return Span(self.name, number, column, number, column + len(text), shown)


def read_text(path: Path, directory: Path) -> TextFile:
    """Read a file.

    Raises:
        Broken: it cannot be read, is too large or not UTF-8.
    """
    saw(path)
    name = path.relative_to(directory).as_posix()
    if path.exists() and not path.is_file():  # a pipe would keep us waiting
        raise Broken(f"expected `{name}` to be a file", None)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise Broken(f"expected `{name}` to be readable, got: {(error.strerror or '').lower()}", None) from error
    if len(data) > _MAX_BYTES:
        raise Broken(f"expected at most {_MAX_BYTES} bytes in `{name}`, got more", None)
    try:
        return TextFile(path, directory, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Broken(f"expected UTF-8 in `{name}`, got the byte 0x{data[error.start]:02x}", None) from error


def table_of(file: TextFile, text: str | None = None) -> dict[str, Any]:
    """Return the TOML that a file holds, or that a part of it is.

    Raises:
        Broken: it is not TOML.
    """
    try:
        return tomllib.loads(file.text if text is None else text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        why = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it nests too deeply"
        line = _LINE.search(why) if text is None else None
        why = _LINE.sub("", why)
        span = file.line(int(line[1])) if line and file.text else None
        raise Broken(f"expected TOML in `{file.name}`: {why[:1].lower()}{why[1:]}", span) from error
