"""What would work instead, where a package cannot be had: a failure's hint, a line for each advice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from remotemedia.errors import RegistryError
from remotemedia.registry import Scheme

if TYPE_CHECKING:
    from remotemedia.registry import Cache, Progress, ProgressEvent, Reference

# It is not there, not ours to see, out of reach, or wrong: something else may serve.
_NOT_HAD: Final = frozenset({"RM402", "RM403", "RM404", "RM405", "RM406", "RM407"})
_OUT_OF_REACH: Final = frozenset({"RM404", "RM407"})
_WORTH_A_WORD: Final = 1_000_000
"""Bytes from which on a user would mind to fetch them again."""


@dataclass
class Arrived:
    """What came of a package before a transfer ended; `take` hears its events, and hands them on.

    Attributes:
        progress: who else wants to hear of them.
        sizes: bytes of each blob that are here, by digest; a next attempt goes on behind them.
    """

    progress: Progress | None = None
    sizes: dict[str, int] = field(default_factory=dict)

    def take(self, event: ProgressEvent) -> None:
        """Note how far a blob is."""
        self.sizes[event.digest] = event.done
        if self.progress is not None:
            self.progress(event)


def advised(error: RegistryError, reference: Reference, cache: Cache, arrived: Arrived | None = None) -> RegistryError:
    """Say what would work instead, as far as is known here."""
    if error.code not in _NOT_HAD:
        return error
    cached = cache.references(reference)
    advice = [error.hint] if error.hint else []
    here = sum(arrived.sizes.values()) if arrived is not None else 0
    if error.code == "RM404" and here >= _WORTH_A_WORD:
        advice.insert(0, f"{here / 1e6:.1f} MB of it are kept; the next attempt goes on there")
    if error.code == "RM402" and reference.scheme is Scheme.REGISTRY and reference.canonical != str(reference):
        advice.insert(0, f"no tag was named: `{reference.part}` was asked for")
    if same := cached.get(reference.canonical):
        advice.append(f"the version pulled last runs without asking: `{same}`")
    elif cached:
        advice.append(f"in the cache are {', '.join(f'`{text}`' for text in [*cached][-3:])}")
    if error.code == "RM404" and "mirrors" not in error.details:
        advice.append(f"another place that has it can be named: `--mirror {reference.host}=HOST`")
    if error.code in _OUT_OF_REACH:
        advice.append("a pipeline's own source runs without a registry: `python FILE`")
    details = {**error.details, "reference": str(reference), "cached": dict(cached)}
    return RegistryError(error.message, code=error.code, hint="\n".join(advice), **details)
