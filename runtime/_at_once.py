"""Asking for several packages at once: `ask_each(resolver.resolve, references)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from remotemedia.registry import Workers

if TYPE_CHECKING:
    from remotemedia.registry import Progress, ProgressEvent

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Check: TypeAlias = Callable[[], None]
"""Called now and then by who takes long; it raises once there is no use in going on."""

_AT_ONCE: Final = 8


class Ask(Protocol[T_co]):
    """Gives the answer for one text."""

    def __call__(self, text: str, /, *, check: Check) -> T_co:
        """Give it, unless `check` raises."""
        ...


def go_on() -> None:
    """Let who asks alone go on to the end: a `Check`."""


def ask_each(ask: Ask[T], wanted: Iterable[str], *, check: Check = go_on) -> dict[str, T]:
    """Return the answer for each, by what it is for; those that are equal are asked for once.

    The first failure is raised, as Ctrl-C is, and the others are told to end: what they have fetched by then is kept
    for the next time. One that hears nothing, as it waits for a server, is left behind.

    Args:
        ask: called from several threads.
        wanted: what is asked for.
        check: of whoever asks for all of these, beside others.
    """
    answers: dict[str, T] = {}
    unique = list(dict.fromkeys(wanted))
    workers = Workers(_AT_ONCE)

    def check_both() -> None:
        check()
        workers.check()

    def keep(text: str) -> None:
        answers[text] = ask(text, check=check_both)

    workers.run([partial(keep, text) for text in unique])
    return {text: answers[text] for text in unique}


def checked(progress: Progress | None, check: Check) -> Progress:
    """Return a progress that ends a transfer, wherever it stands, once `check` raises."""

    def tell(event: ProgressEvent) -> None:
        check()
        if progress is not None:
            progress(event)

    return tell
