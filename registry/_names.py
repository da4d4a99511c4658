"""Names of files that are one file elsewhere: where case, or how an accent is written, does not count."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

_SEPARATOR = "\0"  # in no name, and before all that is: a directory is followed at once by what is in it


def collision(names: Iterable[str]) -> tuple[str, str] | None:
    """Give two paths of files that cannot stand side by side on every file system, if there are such.

    They differ in case or in the form of accents alone, or one is a directory of the other.
    """
    ordered = sorted((_folded(name), name) for name in names)
    for (one, first), (two, second) in pairwise(ordered):
        if one == two or two.startswith(one + _SEPARATOR):
            return first, second
    return None


def _folded(name: str) -> str:
    folded = name.casefold()
    # One by one, since normal forms of a whole text sort its accents, which takes the square of their number.
    plain = folded if folded.isascii() else "".join(map(_decomposed, folded))
    return plain.replace("/", _SEPARATOR)


@lru_cache(1 << 12)
def _decomposed(character: str) -> str:
    return unicodedata.normalize("NFD", character)
