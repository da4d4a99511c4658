"""Figures for people: `1.25 ms`, `3.4k`, `12 MB`.

from remotemedia.runtime.units import count, duration

duration(1_250_000)  # '1.25 ms'
"""

from __future__ import annotations

from typing import Final

__all__ = ["count", "duration", "share", "size"]

_TIMES: Final = (("ns", 1), ("µs", 1e3), ("ms", 1e6), ("s", 1e9))
_MINUTE_NS: Final = 60e9
_STEP: Final = 1000.0
_LEAST_PERCENT: Final = 0.1
_SHORT: Final = 10_000  # a count below is written out


def duration(nanoseconds: float) -> str:
    """Return a duration to three digits; from a minute on in minutes and seconds."""
    if nanoseconds >= _MINUTE_NS:
        minutes, seconds = divmod(round(nanoseconds / 1e9), 60)
        return f"{minutes} min {seconds:02d} s"
    for unit, scale in _TIMES:
        if nanoseconds < scale * _STEP * 0.9995 or unit == "s":
            return f"{_three(nanoseconds / scale)} {unit}"
    raise AssertionError(nanoseconds)


def count(number: float) -> str:
    """Return a count to three digits: `812`, `9999`, `12.3k`, `1.20M`."""
    if number < _SHORT:
        return f"{number:.0f}"
    for unit in "kMGTP":
        number /= _STEP
        if number < _STEP * 0.9995 or unit == "P":
            return f"{_three(number)}{unit}"
    raise AssertionError(number)


def size(octets: float) -> str:
    """Return a number of bytes: `640 B`, `1.30 MB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if octets < _STEP * 0.9995 or unit == "TB":
            return f"{octets:.0f} B" if unit == "B" else f"{_three(octets)} {unit}"
        octets /= _STEP
    raise AssertionError(octets)


def share(part: float, whole: float) -> str:
    """Return a part in percent: `12 %`, `0.4 %`, `< 0.1 %`, `0 %`."""
    percent = 100 * part / whole if whole > 0 else 0.0
    if 0 < percent < _LEAST_PERCENT:
        return f"< {_LEAST_PERCENT} %"
    return f"{percent:.0f} %" if percent >= 1 or percent == 0 else f"{percent:.1f} %"


def _three(number: float) -> str:
    return f"{number:.0f}" if number >= 100 or number == 0 else f"{number:.3g}"  # noqa: PLR2004 - three digits
