"""Elements of a page, in which every text that is not an element is escaped: it may come from strangers."""

from __future__ import annotations

import html
from typing import Final

__all__ = ["Html", "joined", "printable", "tag"]

_MAX_TEXT: Final = 20_000  # characters of one text
_EMPTY: Final = frozenset({"meta", "path", "rect", "line", "circle", "br"})


class Html(str):
    """Markup, as it goes into the page."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: str | float | bool | None) -> Html:
    """Return an element.

    Args:
        name: its tag.
        children: elements, or text, which is escaped; None is nothing.
        attributes: `class_` is `class`, `aria_label` is `aria-label`; None and False leave an attribute out.
    """
    words = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        spelled = key.rstrip("_").replace("_", "-")
        words.append(spelled if value is True else f'{spelled}="{_attribute(value)}"')
    if name in _EMPTY:
        end = "/>" if name in {"path", "rect", "line", "circle"} else ">"
        return Html(f"<{' '.join(words)}{end}")
    return Html(f"<{' '.join(words)}>{joined(*children)}</{name}>")


def joined(*children: str | None) -> Html:
    """Return elements one after the other."""
    return Html(
        "".join(it if isinstance(it, Html) else html.escape(printable(it)) for it in children if it is not None)
    )


def printable(text: str) -> str:
    """Return a text without what moves a cursor, turns the direction of others or never ends."""
    shown = "".join(char if char.isprintable() or char in "\n\t" else repr(char)[1:-1] for char in text[:_MAX_TEXT])
    return shown if len(text) <= _MAX_TEXT else f"{shown}…"


def _attribute(value: str | float) -> str:
    if isinstance(value, str):
        return html.escape(printable(value))
    return f"{value:.2f}".rstrip("0").rstrip(".")
