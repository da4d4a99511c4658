"""Asking for several packages at once: `ask_each(resolver.resolve, references)`."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, TypeVar

from remotemedia.registry import Workers

T = TypeVar("T")

_AT_ONCE: Final = 8


def ask_each(ask: Callable[[str], T], wanted: Iterable[str]) -> dict[str, T]:
    """Return the answer for each, by what it is for; those that are equal are asked for once.

    The first failure is raised at once, as Ctrl-C is: what else is under way is left behind. What it
    has fetched by then is kept for the next time.
    """
    answers: dict[str, T] = {}
    unique = list(dict.fromkeys(wanted))

    def keep(text: str) -> None:
        answers[text] = ask(text)

    Workers(_AT_ONCE).run([partial(keep, text) for text in unique])
    return {text: answers[text] for text in unique}
