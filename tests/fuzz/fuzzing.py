"""Inputs made from known ones: `@given(mutated(corpus, tokens))`.

`FUZZ` in the environment is how many inputs each target gets; 150 by default. What hypothesis finds it makes small, and
tries again first in the next run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

__all__ = ["SLOW", "fuzzed", "mutated", "soon"]

SLOW = 2.0
"""Seconds that one input may take, on a machine with other work."""

fuzzed = settings(
    max_examples=int(os.environ.get("FUZZ", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_CHANGES = 5


@contextmanager
def soon() -> Iterator[None]:
    """Assert that a block does not take long."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SLOW


@st.composite
def mutated(draw: st.DrawFn, corpus: Sequence[bytes], tokens: Sequence[bytes] = ()) -> bytes:
    """Give an input of the corpus with some bytes flipped, dropped, repeated, or replaced by a word of its language."""
    data = bytearray(draw(st.sampled_from(list(corpus))))
    for _ in range(draw(st.integers(0, _CHANGES))):
        at, length = draw(st.integers(0, len(data))), draw(st.sampled_from([0, 1, 2, 8, 100]))
        change = draw(st.sampled_from(["flip", "drop", "repeat", "cut", "token", "bytes"]))
        if change == "flip" and at < len(data):
            data[at] ^= draw(st.integers(1, 255))
        elif change == "drop":
            del data[at : at + length]
        elif change == "repeat":
            data[at:at] = data[at : at + length] * draw(st.sampled_from([1, 2, 50]))
        elif change == "cut":
            del data[at:]
        elif change == "token" and tokens:
            data[at : at + length] = draw(st.sampled_from(list(tokens)))
        else:
            data[at:at] = draw(st.binary(max_size=8))
    return bytes(data)
