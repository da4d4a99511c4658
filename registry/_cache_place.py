"""Where the cache below a home directory has its packages; nothing of them is looked at, or kept there by that."""

from pathlib import Path
from typing import Final

from remotemedia.registry._cache_references import CachedReferences
from remotemedia.registry._digest import hex_of
from remotemedia.registry._reference import Reference

PACKAGES: Final = "pipelines"
REFERENCES: Final = "refs"


def cached_place(home: Path, reference: Reference) -> tuple[Path, str] | None:
    """Give directory and digest of what `Cache(home).get(reference)` would look at."""
    digest = reference.digest or CachedReferences(home / REFERENCES).get(reference.canonical)
    return None if digest is None else (home / PACKAGES / hex_of(digest), digest)
