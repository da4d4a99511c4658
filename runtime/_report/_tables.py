"""Tables and lists of facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from remotemedia.runtime._report._html import Html, tag

__all__ = ["facts", "table"]


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str | Html]],
    *,
    numbers: Collection[int] = (),
    tall: bool = False,
) -> Html:
    """Return a table that scrolls by itself; the first cell of a row is its head.

    Args:
        caption: what it shows.
        heads: of the columns.
        rows: text, or elements.
        numbers: columns that stand at the right.
        tall: whether it scrolls up and down as well.
    """
    head = tag(
        "thead", tag("tr", *(tag("th", it, scope="col", class_=_kind(at, numbers)) for at, it in enumerate(heads)))
    )
    body = [tag("tr", *(_cell(at, cell, numbers) for at, cell in enumerate(row))) for row in rows]
    whole = tag("table", tag("caption", caption), head, tag("tbody", *body))
    return tag("div", whole, class_="scroll tall" if tall else "scroll", tabindex=0, role="region", aria_label=caption)


def facts(pairs: Iterable[tuple[str, str | Html]]) -> Html:
    """Return names and what they stand for."""
    return tag(
        "dl", *(tag(name, it) for pair in pairs for name, it in zip(("dt", "dd"), pair, strict=True)), class_="facts"
    )


def _cell(column: int, cell: str | Html, numbers: Collection[int]) -> Html:
    kind = _kind(column, numbers)
    return tag("th", cell, scope="row", class_=kind) if column == 0 else tag("td", cell, class_=kind)


def _kind(column: int, numbers: Collection[int]) -> str | None:
    return "n" if column in numbers else None
