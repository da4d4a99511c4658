"""`requirements*.txt`: requirements, pins with hashes, and files that include others.

See https://pip.pypa.io/en/stable/reference/requirements-file-format/.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from remotemedia.compiler._dependencies.files import Broken, TextFile, read_text
from remotemedia.compiler._dependencies.locks import Locked
from remotemedia.compiler._dependencies.stated import Declared, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["read_requirements"]

_MAX_DEPTH: Final = 8
_INCLUDE: Final = re.compile(r"(?:-r|--requirement)[ =]*(\S.*)")
_HASH: Final = re.compile(r"--hash[= ]sha256:([0-9a-f]{64})(?:\s|$)")
_PIN: Final = re.compile(r"==([^*]+)")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_NO_NAME: Final = re.compile(r"[./~]|[A-Za-z][\w+.-]*:/|.*\.(?:whl|zip|tar\.gz)$|.*[/\\]")


def read_requirements(file: TextFile, *, above: tuple[Path, ...] = ()) -> Iterator[Declared | Locked]:
    """Give what a file and those it includes (`-r`) require; a pin with hashes is a lock as well.

    Constraints (`-c`), sources of packages and places without a name tell nothing of what is imported.

    Raises:
        Broken: a line is no requirement, or an included file is missing, outside the project or includes itself.
    """
    for number, line in _logical_lines(file.text):
        if include := _INCLUDE.fullmatch(line):
            yield from read_requirements(_included(file, include[1], number, above), above=(*above, file.path))
        elif not line.startswith("-") and not _NO_NAME.match(line.partition(";")[0].strip()):
            yield from _stated(file, line, number)


def _stated(file: TextFile, line: str, number: int) -> Iterator[Declared | Locked]:
    text = re.split(r"\s--?[a-z]", line, maxsplit=1)[0].strip()
    declared = Declared(parse(text, file.name, file.line(number)), file.name, file.line(number))
    yield declared
    pin = _PIN.fullmatch(str(declared.requirement.specifier))
    hashes = tuple(sorted(set(_HASH.findall(line))))
    if pin and hashes and declared.applies():
        yield Locked(canonicalize_name(declared.requirement.name), pin[1], hashes, file.name)


def _included(file: TextFile, name: str, number: int, above: tuple[Path, ...]) -> TextFile:
    path = (file.path.parent / name.strip().strip("'\"")).resolve()
    if not path.is_relative_to(file.directory) or path in {*above, file.path} or len(above) >= _MAX_DEPTH:
        raise Broken(f"expected `{file.name}` to include another file of the project, got `{name}`", file.line(number))
    return read_text(path, file.directory)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the number and the text of each line that says something; a backslash joins a line to the next."""
    start, parts = 1, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        start = start if parts else number
        parts.append(_COMMENT.sub("", line.rstrip()))
        if parts[-1].endswith("\\"):
            parts[-1] = parts[-1][:-1]
            continue
        if joined := " ".join(parts).strip():
            yield start, joined
        parts = []
    if joined := " ".join(parts).strip():
        yield start, joined
