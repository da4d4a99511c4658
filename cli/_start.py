"""Where the program begins: what is done before anything else is imported."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext


def main() -> None:
    """Run the command line and exit with one of the statuses of `schemas/errors.v1.json`."""
    # A command makes many objects that live until its end: looking for garbage among them, as it starts, works and
    # ends, takes a tenth of its time.
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)
    with _ahead(sys.argv[1:]):
        from remotemedia.cli._main import run

        run()


def _ahead(words: Sequence[str]) -> AbstractContextManager[None]:
    """What needs no more than the words of the command line: to hash what is to be verified."""
    if words[:1] != ["verify"]:
        return nullcontext()
    from remotemedia.cli._ahead import hashing

    return hashing(words[1:])
