"""Figures for people."""

from __future__ import annotations

import pytest

from remotemedia.runtime.units import count, duration, share, size


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [
        (0, "0 ns"),
        (7, "7 ns"),
        (999, "999 ns"),
        (999.6, "1 µs"),
        (1_250_000, "1.25 ms"),
        (999_900_000, "1 s"),
        (59_900_000_000, "59.9 s"),
        (60_000_000_000, "1 min 00 s"),
        (3_725_000_000_000, "62 min 05 s"),
    ],
)
def test_durations(nanoseconds: float, shown: str) -> None:
    assert duration(nanoseconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0"), (9_999, "9999"), (12_340, "12.3k"), (999_700, "1M"), (1e20, "100000P")]
)
def test_counts(number: float, shown: str) -> None:
    assert count(number) == shown


@pytest.mark.parametrize(("octets", "shown"), [(0, "0 B"), (640, "640 B"), (1_300_000, "1.3 MB"), (5e15, "5000 TB")])
def test_sizes(octets: float, shown: str) -> None:
    assert size(octets) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 5, "0 %"), (1, 0, "0 %"), (1, 100_000, "< 0.1 %"), (4, 1000, "0.4 %"), (12, 100, "12 %"), (9, 3, "300 %")],
)
def test_shares(part: float, whole: float, shown: str) -> None:
    assert share(part, whole) == shown
