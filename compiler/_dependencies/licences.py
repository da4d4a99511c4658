"""The licence that a distribution's metadata states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from email.message import Message

__all__ = ["licence"]

_CLASSIFIER: Final = "License ::"
_LONGEST: Final = 100
_NOTHING: Final = frozenset({"", "unknown", "none", "osi approved"})


def licence(metadata: Message) -> str | None:
    """Return a licence: `License-Expression` (PEP 639), else the classifiers, else the first line of `License`.

    The field `License` often holds a whole licence; more than a line of it names nothing and counts as nothing.
    """
    expression = _first(metadata, "License-Expression")
    if expression:
        return expression
    classifiers = [
        line.rpartition("::")[2].strip()
        for line in metadata.get_all("Classifier") or []
        if line.startswith(_CLASSIFIER)
    ]
    named = [name for name in classifiers if name.lower() not in _NOTHING]
    if named:
        return " AND ".join(sorted(named))
    text = _first(metadata, "License")
    plain = text.lower() not in _NOTHING and "\n" not in text and len(text) <= _LONGEST
    return text if plain else None


def _first(metadata: Message, field: str) -> str:
    return str((metadata.get_all(field) or [""])[0]).strip()
