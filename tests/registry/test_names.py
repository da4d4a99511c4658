"""Names that are one file where case, or how an accent is written, does not count."""

import pytest

from remotemedia.registry import collision


@pytest.mark.parametrize(
    "names",
    [
        ("a/x", "b", "A/x"),
        ("\u00e9", "e\u0301"),
        ("stra\u00dfe", "STRASSE"),
        ("a", "a/b"),
        ("a/b/c", "x", "A/b"),
        ("a", "a"),
    ],
)
def test_names_that_collide(names: tuple[str, ...]) -> None:
    assert collision(names) is not None


@pytest.mark.parametrize("names", [(), ("a",), ("a", "ab", "a.b", "a b/c"), ("e", "\u00e9"), ("a/b", "a/c", "ab/b")])
def test_names_that_do_not(names: tuple[str, ...]) -> None:
    assert collision(names) is None


def test_thousands_of_accents_take_no_time() -> None:
    """Their normal form would take the square of their number."""
    accents = "\u0301\u0327" * 50_000
    assert collision([f"a{accents}", f"b{accents}"]) is None
