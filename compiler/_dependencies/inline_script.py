"""Inline script metadata (PEP 723): the block of comments in which a single file states what it requires."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._dependencies.files import Broken, TextFile, table_of
from remotemedia.compiler._dependencies.foreign import INLINE_OPENING, has_inline
from remotemedia.compiler._dependencies.stated import Declared, requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._source import Source

__all__ = ["read_inline"]

_CLOSING: Final = "# ///"


def read_inline(source: Source) -> Iterator[Declared]:
    """Give the requirements that a source file states.

    Raises:
        Broken: there are several blocks, or one is not TOML with requirements.
    """
    if not has_inline(source.text):
        return
    directory = source.path.parents[source.name.count("/")]
    file = TextFile(source.path, directory, source.text)
    blocks = list(_blocks(source.text.splitlines()))
    if len(blocks) > 1:
        raise Broken(f"expected one block `{INLINE_OPENING}` in `{file.name}`, got {len(blocks)}", None)
    for block in blocks:
        stated = table_of(file, block).get("dependencies", [])
        if not isinstance(stated, list):
            raise Broken(f"expected `dependencies` in `{file.name}` to be a list", file.find(INLINE_OPENING))
        for text in stated:
            yield replace(requirement(file, text), of_script=True)


def _blocks(lines: list[str]) -> Iterator[str]:
    """Give the content of each closed block; the last line of comments that closes it counts, as the PEP says."""
    at = 0
    while at < len(lines):
        if lines[at].rstrip() != INLINE_OPENING:
            at += 1
            continue
        end, closed = at + 1, None
        while end < len(lines) and (lines[end] == "#" or lines[end].startswith("# ")):
            closed = end if lines[end].rstrip() == _CLOSING else closed
            end += 1
        if closed is not None:
            yield "\n".join(line[2:] for line in lines[at + 1 : closed])
        at = end
