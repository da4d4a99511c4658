"""A package with any of its bytes altered: refused, or the very same package.

Every block of the file is flipped, dropped, repeated, cleared, cut off at or exchanged for another. The ordinary run
takes a sample; `MUTATIONS=all` takes every block for the Python reader and a thousand for the executor.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from remotemedia.packager import BuiltPackage
from tests.hostile_packages.readers import REFUSED, Outcome, Readers

BLOCK = 512
SEED = os.environ.get("SEED", "6")
ALL = os.environ.get("MUTATIONS") == "all"

Mutation = Callable[[bytearray, int, random.Random], None]


def flip(data: bytearray, at: int, chance: random.Random) -> None:
    data[at + chance.randrange(BLOCK)] ^= 1 << chance.randrange(8)


def clear(data: bytearray, at: int, _: random.Random) -> None:
    data[at : at + BLOCK] = bytes(BLOCK)


def drop(data: bytearray, at: int, _: random.Random) -> None:
    del data[at : at + BLOCK]


def repeat(data: bytearray, at: int, _: random.Random) -> None:
    data[at:at] = data[at : at + BLOCK]


def cut(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at + chance.randrange(BLOCK) :]


def exchange(data: bytearray, at: int, chance: random.Random) -> None:
    other = chance.randrange(len(data) // BLOCK) * BLOCK
    one, two = data[at : at + BLOCK], data[other : other + BLOCK]
    data[at : at + BLOCK], data[other : other + BLOCK] = two, one


def flip_and_sign(data: bytearray, at: int, chance: random.Random) -> None:
    """Alter what may be a header, and correct its checksum, so that it is believed."""
    flip(data, at, chance)
    if data[at + 257 : at + 262] == b"ustar":
        data[at + 148 : at + 156] = b" " * 8
        data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + BLOCK])


MUTATIONS: tuple[Mutation, ...] = (flip, clear, drop, repeat, cut, exchange, flip_and_sign)


def mutated(whole: bytes, count: int, chance: random.Random) -> Iterator[bytes]:
    """Give so many altered copies, evenly over file and mutations, or all there are if that is fewer."""
    blocks = range(0, len(whole), BLOCK)
    cases = [(mutation, at) for at in blocks for mutation in MUTATIONS]
    for mutation, at in chance.sample(cases, min(count, len(cases))):
        data = bytearray(whole)
        mutation(data, at, chance)
        yield bytes(data)


def judge(outcome: Outcome, right: object) -> None:
    if outcome.code is None:
        assert outcome.content == right
    else:
        assert outcome.code in REFUSED or outcome.code.startswith("RM2"), outcome.code


@pytest.mark.parametrize("share", range(4))
def test_an_altered_package_is_refused_or_the_same_for_python(
    built: BuiltPackage, readers: Readers, tmp_path: Path, share: int
) -> None:
    chance, path = random.Random(f"{SEED}-{share}"), tmp_path / "x.rmpkg"  # noqa: S311 - places, not secrets
    refused = 0
    for data in mutated(built.path.read_bytes(), 10**6 if ALL else 50, chance):
        path.write_bytes(data)
        outcome = readers.python(path)
        judge(outcome, readers.right.content)
        refused += outcome.code is not None
    assert refused


def test_an_altered_package_is_refused_or_the_same_for_the_executor(
    built: BuiltPackage, readers: Readers, tmp_path: Path
) -> None:
    chance, path = random.Random(SEED), tmp_path / "x.rmpkg"  # noqa: S311 - the same
    refused = 0
    for data in mutated(built.path.read_bytes(), 1000 if ALL else 25, chance):
        path.write_bytes(data)
        outcome = readers.executor(path)
        judge(outcome, readers.played)
        refused += outcome.code is not None
    assert refused
