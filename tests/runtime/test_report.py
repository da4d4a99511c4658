"""A run as an HTML page: what it says, that strangers' text stays text, and that its size is bounded."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import NodeError, PipelineError
from remotemedia.runtime._report import page
from remotemedia.runtime._report._charts import histogram, ticks
from remotemedia.runtime._report._html import Html, tag
from remotemedia.runtime.recording import Recording
from remotemedia.runtime.resolve import ResolvedPackage
from remotemedia.schemas.report import RunReport
from tests.runtime.recordings import NODES, edge, log, metrics, node, probe, report, track

EVIL = "</td></pre><script>alert(1)</script>\x1b[2J\u202etxt"


@pytest.fixture
def recording(checks: ResolvedPackage) -> Recording:
    """A run that went well."""
    recording = Recording(checks, verify_ms=12.5)
    nodes = {name: {"runtime": "python-wasm", "limits": {"timeout_s": 2}, "grants": ["read=/data"]} for name in NODES}
    recording.plan.update({"version": 1, "nodes": nodes, "set": {"Check.limit": 3}, "probe": True})
    for name, at_ms in (("open", 1.0), ("load", 5.0), ("start", 6.0), ("first output", 7.0)):
        recording.take({"event": "stage", "name": name, "at_ms": at_ms})
    for at_ms in (20, 40, 60, 80):
        recording.take(metrics(at_ms))
    recording.take(log(30, "looking closely", file="pipeline.py", line=12))
    recording.take({"event": "done", "at_ms": 100.0, "report": report(1000)})
    return recording


class Reader(HTMLParser):
    """Checks that every element is closed in order, and collects what there is."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def test_a_page_says_what_was_run_and_how_it_went(recording: Recording) -> None:
    text = page(recording)
    Reader(text)
    for said in ("checks", "Twice", "Check", recording.package.digest, "looking closely", "pipeline.py:12"):
        assert said in text
    for said in ("Wall time", "100 ms", "read=/data", "timeout_s", "Check.limit", "12.5 ms", "p99 60 µs"):
        assert said in text
    assert "packets a second of Twice, at most 10.0k" in text or "packets a second of Twice, at most 10k" in text
    assert "packets that waited on Twice → Check, at most 3" in text


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing(recording: Recording) -> None:
    reader = Reader(page(recording))
    assert not {"script", "link", "img", "iframe", "object"} & set(reader.tags)
    names = {name for name, _ in reader.attributes}
    assert not {"src", "href", "style", "onclick", "onload"} & names
    policy = next(value for name, value in reader.attributes if name == "content" and value and "default-src" in value)
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'", policy)


def test_what_a_package_says_stays_text(recording: Recording) -> None:
    recording.take(log(31, EVIL, file=EVIL, line=1))
    recording.take(
        {
            "event": "failure_handled",
            "at_ms": 32,
            "node": EVIL,
            "action": "skip",
            "error": {"code": "RM602", "message": EVIL},
        }
    )
    found = [{"start": 0, "end": 1, "label": EVIL}]
    series = [{"node": EVIL, "name": EVIL, "points": [[0, 0.5], [1, 1]]}]
    recording.take(probe(series=series, segments=[{"node": EVIL, "found": found}]))
    causes = [{"kind": EVIL, "message": EVIL, "trace": EVIL}]
    recording.error = NodeError(EVIL, code="RM602", hint=EVIL, node=EVIL, input=EVIL, causes=causes)
    recording.report = {**report(10), "nodes": [node(EVIL, 10)], "edges": [edge(EVIL, EVIL, 3, from_port=EVIL)]}
    recording.plan["nodes"] = {EVIL: {"runtime": EVIL, "grants": [EVIL]}}
    text = page(recording)
    assert "script" not in Reader(text).tags
    assert "<script" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_sound_shows_with_what_was_found_in_it(recording: Recording) -> None:
    outline = track([-100, None, -50] * 1000, [100, None, 500] * 1000)
    other = track([-1], [1], node="Twice", is_input=False)
    series = [{"node": "Check", "name": "probability", "points": [[0, 0.0], [10, 0.9], [29, 0.1]]}]
    segments = [{"node": "Check", "found": [{"start": 8.25, "end": 12.5, "label": "hello"}]}]
    recording.take(probe(tracks=[other, outline], series=series, segments=segments, dropped=2))
    text = page(recording)
    Reader(text)
    for said in ("input · 16000 Hz · mono · peak -6.0 dBFS", "Check · probability · 0 to 1", "8.25 to 12.50 s hello"):
        assert said in text
    for said in ("8.250", "4.250", "2 stretches were too many", "Sound between nodes"):
        assert said in text
    assert text.index("input · 16000") < text.index("Twice · 16000")


def test_silence_and_a_series_of_one_number_do_no_harm(recording: Recording) -> None:
    series = [{"node": "Check", "name": "n", "points": [[0, 5.0]]}, {"node": "Check", "name": "m", "points": []}]
    recording.take(probe(tracks=[track([None], [None]), track([0, 0], [0, 0]), track([], [])], series=series))
    text = page(recording)
    Reader(text)
    assert "silent" in text


def test_a_failed_run_says_why(recording: Recording) -> None:
    causes = [{"kind": "ZeroDivisionError", "message": "division by zero", "trace": '  File "pipeline.py", line 9'}]
    recording.error = NodeError("node `Check` failed", code="RM602", hint="look at it", node="Check", causes=causes)
    text = page(recording)
    for said in ("failed", "RM602", "node `Check` failed", "ZeroDivisionError: division by zero", "look at it"):
        assert said in text
    recording.error = PipelineError("the run was interrupted", code="RM615")
    assert 'class="badge interrupted"' in page(recording)


def test_a_run_that_never_began_has_a_page_all_the_same(checks: ResolvedPackage) -> None:
    recording = Recording(checks)
    recording.error = PipelineError("expected an input, got none", code="RM612")
    Reader(page(recording))


def test_a_recording_is_bounded(checks: ResolvedPackage) -> None:
    recording = Recording(checks)
    for at in range(20_000):
        recording.take(log(at, f"line {at}"))
    for at in range(1, 3_000):
        recording.take(metrics(at))
    lines = [*recording.first_lines, *recording.last_lines]
    assert len(lines) <= 1500
    assert (lines[0]["message"], lines[-1]["message"]) == ("line 0", "line 19999")
    assert len(lines) + recording.lines_left_out == 20_000
    assert len(recording.moments) <= 400
    assert recording.moments[-1].at_ms > 2_900
    assert len(page(recording)) < 1_000_000


def test_the_metrics_file_is_what_its_schema_says(recording: Recording, tmp_path: Path) -> None:
    recording.write_metrics(tmp_path / "m.json")
    document = RunReport.model_validate_json((tmp_path / "m.json").read_bytes())
    assert document.outcome == "done"
    assert document.report is not None
    assert [it.id for it in document.report.nodes] == list(NODES)
    assert document.report.nodes[0].call_ns.histogram[0] == (8191, 500)
    recording.error = NodeError("x", code="RM602", node="Check", path=tmp_path)
    recording.write_metrics(tmp_path / "m.json")
    document = RunReport.model_validate_json((tmp_path / "m.json").read_bytes())
    assert (document.outcome, document.error and document.error.code) == ("failed", "RM602")
    assert [it.name for it in tmp_path.iterdir()] == ["m.json"]


def test_a_file_that_cannot_be_written_is_told(recording: Recording, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="cannot be written") as caught:
        recording.write_metrics(tmp_path / "no" / "m.json")
    assert caught.value.code == "RM616"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 3.0, [0, 0.5, 1, 1.5, 2, 2.5, 3]),
        (0.0, 0.0, [0]),
        (0.3, 0.31, [0.3, 0.302, 0.304, 0.306, 0.308, 0.31]),
        (0.0, 7200.0, [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize("classes", [[(0, 5)], [(7, 1)], [(15, 1), (16, 2), (17, 3)], [(1, 1), (4_398_046_511_103, 9)]])
def test_a_histogram_of_any_durations_can_be_drawn(classes: list[tuple[int, int]]) -> None:
    drawn = histogram(classes, {"p50": classes[0][0], "p99": classes[-1][0]}, "x")
    assert "nan" not in drawn
    assert all(-1 <= float(x) <= 261 for x in re.findall(r'<rect x="([^"]+)"', drawn))


@pytest.mark.parametrize("value", ["a\tb\n", "é", "\x00", "\u202e", "\ud800"])
def test_text_becomes_text(value: str) -> None:
    element = tag("p", value, title=value)
    assert isinstance(element, Html)
    assert element.encode()
    assert tag("p", "a" * 50_000).count("a") == 20_000


def test_attributes_are_spelled_as_in_html() -> None:
    drawn: Any = tag("path", d="M0 0", stroke_width=1.50, class_="a", hidden=True, title=None, open=False)
    assert drawn == '<path d="M0 0" stroke-width="1.5" class="a" hidden/>'
    assert tag("td", "<&>", tag("br")) == "<td>&lt;&amp;&gt;<br></td>"
