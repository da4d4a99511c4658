"""Digests as lists show them: enough of one to name a package."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Final

from remotemedia.errors import RegistryError

_SHORT: Final = re.compile(r"sha256:[0-9a-f]{12,63}", re.ASCII)


def in_full(text: str, others: Iterable[str] = ()) -> str:
    """Return the digest that begins so, of a cached package or one of others; all else is what it is.

    This is for what a person types: in a package, a reference has its digest in full.

    Raises:
        RegistryError: RM402, no digest begins so, or several do.
    """
    if not _SHORT.fullmatch(text):
        return text
    from remotemedia.registry import Cache
    from remotemedia.runtime.home import home_directory

    known = (*(it.digest for it in Cache(home_directory(os.environ)).list()), *others)
    found = sorted({digest for digest in known if digest.startswith(text)})
    if len(found) != 1:
        got = " and ".join(f"`{it}`" for it in found[:2]) or "none"
        raise RegistryError(
            f"expected one cached package whose digest begins with `{text}`, got {got}",
            code="RM402",
            hint="`remotemedia cache list` shows what is there",
        )
    return found[0]
