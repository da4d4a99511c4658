"""Drawings: histograms of durations, and a figure over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from remotemedia.runtime._report._html import Html, joined, tag
from remotemedia.runtime.units import duration

__all__ = ["histogram", "path", "ticks", "timeline"]

_WIDTH, _HEIGHT, _HEAD, _FOOT = 260.0, 118.0, 28.0, 20.0
_TIMELINE: Final = (340.0, 36.0)
_DECADE: Final = 10.0

Classes = Sequence[tuple[int, int]]


def ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Return round numbers between two bounds, at most so many and one.

    Steps are 1, 2 or 5 times a power of ten.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def path(points: Sequence[tuple[float, float]]) -> str:
    """Return points as the data of a path."""
    return "".join(f"{'M' if at == 0 else 'L'}{x:.1f} {y:.1f}" for at, (x, y) in enumerate(points))


def histogram(classes: Classes, marks: dict[str, int], label: str) -> Html:
    """Return durations in classes, on a logarithmic axis.

    Args:
        classes: upper bound in nanoseconds and how many, in rising order; drawn two an octave.
        marks: durations that a line stands at, by name.
        label: what it says, for whoever does not see it.
    """
    coarse: dict[int, int] = {}
    for bound, number in classes:
        step = math.ceil(2 * math.log2(max(bound, 1)))
        coarse[step] = coarse.get(step, 0) + number
    low = 2 ** ((min(coarse) - 1) / 2)
    high = max(2 ** (max(coarse) / 2), low * _DECADE)
    most = max(coarse.values())
    plot = _HEIGHT - _FOOT

    def x(nanoseconds: float) -> float:
        return _WIDTH * math.log(max(nanoseconds, low) / low) / math.log(high / low)

    drawn = [tag("line", x1=0, y1=plot, x2=_WIDTH, y2=plot, class_="base")]
    for step, number in coarse.items():
        left, right = x(2 ** ((step - 1) / 2)), x(2 ** (step / 2))
        height = max(number / most * (plot - _HEAD), 1.0)
        title = tag("title", f"up to {duration(2 ** (step / 2))}: {number} calls")
        bar = tag("rect", x=left, y=plot - height, width=max(right - left - 1, 1.0), height=height, class_="bar")
        drawn.append(tag("g", bar, title))
    for row, (name, at) in enumerate(marks.items()):
        # The names stand in rows of their own, so that they cannot cover each other.
        top = 10.0 + 12 * row
        drawn.append(tag("line", x1=x(at), y1=top, x2=x(at), y2=plot, class_="rule"))
        anchor, shift = ("end", -4) if x(at) > _WIDTH / 2 else ("start", 4)
        drawn.append(tag("text", f"{name} {duration(at)}", x=x(at) + shift, y=top, text_anchor=anchor))
    drawn += [
        tag("text", duration(at), x=min(max(x(at), 20.0), _WIDTH - 24), y=_HEIGHT - 5, text_anchor="middle")
        for at in _decades(low, high)
    ]
    size = f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"
    return tag("svg", *drawn, viewBox=size, width="100%", role="img", aria_label=label)


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = list(range(first, last + 1))
    every = max(1, -(-len(powers) // 4))
    return [_DECADE**power for power in powers[::every]]


def timeline(points: Sequence[tuple[float, float]], end: float, label: str) -> Html:
    """Return a figure over time as a filled line; each value holds until its moment.

    Args:
        points: moment and value, from the second moment on.
        end: the last moment.
        label: what it says, for whoever does not see it.
    """
    width, height = _TIMELINE
    most = max((value for _, value in points), default=0.0) or 1.0
    steps = [(0.0, points[0][1] if points else 0.0)]
    for moment, value in points:
        at = width * moment / max(end, 1e-9)
        steps += [(steps[-1][0], value), (at, value)]
    line = [(x, height - 2 - (height - 4) * value / most) for x, value in steps]
    area = [(0.0, height), *line, (line[-1][0], height)]
    drawn = joined(
        tag("path", d=f"{path(area)}Z", class_="area"),
        tag("path", d=path(line), class_="trace"),
        tag("line", x1=0, y1=height, x2=width, y2=height, class_="base"),
    )
    size = f"0 0 {width:.0f} {height:.0f}"
    return tag("svg", drawn, viewBox=size, width=width, height=height, role="img", aria_label=label)
