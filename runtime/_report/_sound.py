"""Sound as it was heard: its outline, numbers over time such as the probability of speech, and what was found in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from remotemedia.runtime._report._charts import path, ticks
from remotemedia.runtime._report._html import Html, joined, tag
from remotemedia.runtime._report._tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["sound_section"]

_WIDTH: Final = 1100.0
_POINTS: Final = 1000  # of an outline: a screen shows no more
_WAVE, _STRIP, _LANE, _GAP, _HEAD, _FOOT = 110.0, 54.0, 14.0, 14.0, 20.0, 24.0
_MAX_SERIES: Final = 8
_QUIET: Final = 20  # thousandths of full scale; what is quieter is drawn small
_MAX_ROWS: Final = 500

Probe = Mapping[str, Any]


def sound_section(probe: Probe | None) -> Html | None:
    """Return the section; None where nothing was heard, and nothing has a time."""
    if probe is None or not (probe["tracks"] or probe["series"] or probe["segments"]):
        return None
    tracks = sorted(probe["tracks"], key=lambda it: not it["is_input"])
    end = _end(probe)
    main = tracks[:1]
    drawn = _Drawing(end).draw(main, probe["series"][:_MAX_SERIES], probe["segments"])
    parts = [tag("h2", "Sound" if tracks else "Over time"), _scrolled(drawn, "Sound over time")]
    if tracks[1:]:
        others = _Drawing(end).draw(tracks[1:], [], [])
        parts.append(tag("details", tag("summary", "Sound between nodes"), _scrolled(others, "Sound between nodes")))
    parts += _tables(probe)
    return tag("section", *parts, id="sound")


@dataclass
class _Drawing:
    """Strips below each other over one axis of time.

    Attributes:
        end: the last moment, in seconds.
        y: where the next strip begins.
    """

    end: float
    y: float = 0.0

    def draw(self, tracks: Sequence[Probe], series: Sequence[Probe], segments: Sequence[Probe]) -> Html:
        top = _HEAD
        parts = [it for track in tracks for it in self._wave(track)]
        parts += [it for one in series for it in self._strip(one)]
        bottom = self.y
        shades = [self._shade(one, top, bottom) for group in segments[:1] for one in group["found"]]
        parts += [it for group in segments for it in self._lane(group)]
        parts += self._axis()
        size = f"0 0 {_WIDTH:.0f} {self.y:.0f}"
        label = (
            f"{len(tracks)} outlines, {len(series)} series and {len(segments)} kinds of stretches over {self.end:.2f} s"
        )
        return tag("svg", *shades, *parts, viewBox=size, class_="wide", role="img", aria_label=label)

    def _x(self, seconds: float) -> float:
        return _WIDTH * min(max(seconds, 0.0), self.end) / self.end

    def _heading(self, *words: str) -> Html:
        heading = tag("text", " · ".join(words), x=0, y=self.y + 13)
        self.y += _HEAD
        return heading

    def _wave(self, track: Probe) -> Iterator[Html]:
        name = "input" if track["is_input"] else track["node"]
        channels = "mono" if track["channels"] == 1 else f"{track['channels']} channels"
        runs = list(_runs(_thinned(track)))
        peak = max((max(-low, high) for run in runs for _, low, high in run), default=0)
        loudness = f"peak {20 * math.log10(peak / 1000):.1f} dBFS" if peak else "silent"
        yield self._heading(name, f"{track['rate']} Hz", channels, loudness)
        middle, half = self.y + _WAVE / 2, _WAVE / 2 / max(peak, _QUIET)
        for run in runs:
            high = [(self._x(at), middle - half * top) for at, _, top in run]
            low = [(self._x(at), middle - half * bottom + 0.6) for at, bottom, _ in run]
            yield tag("path", d=f"{path([*high, *reversed(low)])}Z", class_="wave")
        yield tag("line", x1=0, y1=middle, x2=_WIDTH, y2=middle, class_="axis")
        self.y += _WAVE + _GAP

    def _strip(self, series: Probe) -> Iterator[Html]:
        points = series["points"]
        values = [value for _, value in points]
        low, high = min(values, default=0.0), max(values, default=1.0)
        low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high if high > low else low + 1)
        yield self._heading(series["node"], series["name"], f"{low:g} to {high:g}")
        base = self.y + _STRIP
        line = [(self._x(at), base - _STRIP * (value - low) / (high - low)) for at, value in points]
        yield tag("line", x1=0, y1=base, x2=_WIDTH, y2=base, class_="base")
        yield tag("line", x1=0, y1=self.y, x2=_WIDTH, y2=self.y, class_="axis")
        if line:
            area = [(line[0][0], base), *line, (line[-1][0], base)]
            yield tag("path", d=f"{path(area)}Z", class_="area")
            yield tag("path", d=path(line), class_="trace")
        self.y = base + _GAP

    def _shade(self, segment: Probe, top: float, bottom: float) -> Html:
        left, right = self._x(segment["start"]), self._x(segment["end"])
        return tag("rect", x=left, y=top, width=max(right - left, 0.5), height=max(bottom - top, 0.0), class_="shade")

    def _lane(self, group: Probe) -> Iterator[Html]:
        yield self._heading(group["node"], f"{len(group['found'])} found")
        for segment in group["found"]:
            left, right = self._x(segment["start"]), self._x(segment["end"])
            words = f"{segment['start']:.2f} to {segment['end']:.2f} s {segment.get('label', '')}"
            bar = tag("rect", x=left, y=self.y, width=max(right - left, 1.5), height=_LANE, rx=2, class_="found")
            yield tag("g", bar, tag("title", words.strip()))
        self.y += _LANE + _GAP

    def _axis(self) -> Iterator[Html]:
        yield tag("line", x1=0, y1=self.y, x2=_WIDTH, y2=self.y, class_="base")
        for second in ticks(0, self.end, 10):
            x = self._x(second)
            yield tag("line", x1=x, y1=self.y, x2=x, y2=self.y + 5, class_="base")
            anchor = "start" if x < 20 else "end" if x > _WIDTH - 20 else "middle"  # noqa: PLR2004 - half a word
            yield tag("text", f"{second:g} s", x=x, y=self.y + 18, text_anchor=anchor)
        self.y += _FOOT


def _end(probe: Probe) -> float:
    ends: list[float] = [it["bin_s"] * len(it["low"]) for it in probe["tracks"]]
    ends += [it["points"][-1][0] for it in probe["series"] if it["points"]]
    ends += [one["end"] for group in probe["segments"] for one in group["found"]]
    return max([1e-3, *ends])


def _thinned(track: Probe) -> list[tuple[float, int, int] | None]:
    """Return moment, least and greatest sample, for as many moments as can be seen; None where there was no sound."""
    low, high, bin_s = track["low"], track["high"], track["bin_s"]
    every = -(-len(low) // _POINTS) or 1
    thinned: list[tuple[float, int, int] | None] = []
    for at in range(0, len(low), every):
        lows = [it for it in low[at : at + every] if it is not None]
        highs = [it for it in high[at : at + every] if it is not None]
        moment = bin_s * (at + min(every, len(low) - at) / 2)
        thinned.append((moment, min(lows), max(highs)) if lows and highs else None)
    return thinned


def _runs(moments: Sequence[tuple[float, int, int] | None]) -> Iterator[list[tuple[float, int, int]]]:
    run: list[tuple[float, int, int]] = []
    for moment in [*moments, None]:
        if moment is not None:
            run.append(moment)
        elif run:
            yield run
            run = []


def _tables(probe: Probe) -> Iterator[Html]:
    """Give the same in numbers."""
    for group in probe["segments"]:
        rows = [
            [f"{one['start']:.3f}", f"{one['end']:.3f}", f"{one['end'] - one['start']:.3f}", one.get("label", "")]
            for one in group["found"][:_MAX_ROWS]
        ]
        left_out = len(group["found"]) - len(rows)
        caption = f"found by {group['node']}, in seconds" + (f"; {left_out} more are left out" if left_out else "")
        heads = ["from", "to", "length", "what"]
        if not any(row[3] for row in rows):
            heads, rows = heads[:3], [row[:3] for row in rows]
        found = table(caption, heads, rows, numbers={0, 1, 2})
        head = tag("summary", f"{len(group['found'])} stretches found by {group['node']}")
        yield tag("details", head, found, open=len(rows) <= 12)  # noqa: PLR2004 - what fits beside the picture
    if probe["series"]:
        rows = [
            [
                one["node"],
                one["name"],
                str(len(values)),
                f"{min(values):.4g}",
                f"{sum(values) / len(values):.4g}",
                f"{max(values):.4g}",
            ]
            for one in probe["series"]
            if (values := [value for _, value in one["points"]])
        ]
        heads = ["node", "number", "points", "least", "mean", "greatest"]
        yield tag("details", tag("summary", "Numbers over time"), table("as drawn", heads, rows, numbers={2, 3, 4, 5}))
    if probe["dropped"]:
        yield tag("p", f"{probe['dropped']} stretches were too many to keep.", class_="soft small")


def _scrolled(content: Html, label: str) -> Html:
    return joined(tag("div", content, class_="scroll", tabindex=0, role="region", aria_label=label))
