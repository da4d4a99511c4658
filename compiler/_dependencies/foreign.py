"""Whether a program depends on anything but the standard library; it costs next to nothing to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler.sandbox import is_standard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._imports import Closure, ImportUse

__all__ = ["INLINE_OPENING", "foreign_imports", "has_inline"]

INLINE_OPENING: Final = "# /// script"


def has_inline(text: str) -> bool:
    """Return whether a source may state what it requires (PEP 723)."""
    return INLINE_OPENING in text


def foreign_imports(closure: Closure) -> Iterator[tuple[str, ImportUse]]:
    """Give each import of something that is not the project's, the standard library's or `remotemedia`'s.

    Each comes with the path of the source that it stands in.
    """
    for source in closure.sources:
        for use in closure.uses[source.name]:
            top = (use.name or "").partition(".")[0]
            known = is_standard(top) or top in {"", "remotemedia"}
            if not known and not closure.inside[use] and top not in closure.own:
                yield source.name, use
