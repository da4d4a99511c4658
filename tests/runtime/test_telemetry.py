"""What a collector is sent, as OpenTelemetry's variables ask for it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from remotemedia.errors import NodeError, PipelineError, UsageError
from remotemedia.runtime.recording import Recording
from remotemedia.runtime.resolve import ResolvedPackage
from remotemedia.runtime.telemetry import Telemetry, Wish
from tests.runtime.recordings import metrics, report
from tests.simulators.otlp import collector, plain

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def run(checks: ResolvedPackage, environ: dict[str, str], *, error: NodeError | None = None) -> list[str]:
    """Send what there is of a run; the warnings."""
    warnings: list[str] = []
    telemetry = Telemetry.asked_for(environ, warnings.append)
    if telemetry is None:
        return warnings
    recording = Recording(checks, verify_ms=20)
    telemetry.begin(recording)
    stages = [{"event": "stage", "name": name, "at_ms": at} for name, at in (("open", 1), ("load", 5), ("start", 6))]
    first = {"event": "stage", "name": "first output", "at_ms": 7}
    handled = {"code": "RM602", "message": "x"}
    skipped = {"event": "failure_handled", "at_ms": 8, "node": "Check", "action": "skip", "error": handled}
    for event in (*stages, first, skipped, metrics(50), {"event": "done", "at_ms": 106, "report": report(1000)}):
        recording.take(event)
        telemetry.take(event)
    recording.error = error
    telemetry.end()
    return warnings


def test_a_trace_has_the_run_its_stages_and_its_nodes(checks: ResolvedPackage, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as server:
        monkeypatch.setenv(ENDPOINT, server.url)
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        assert run(checks, {ENDPOINT: server.url, "TRACEPARENT": f"00-{trace}-00f067aa0ba902b7-01"}) == []
        spans = server.spans()
    root = spans["run checks"]
    assert root.trace_id.hex() == trace
    assert root.parent_span_id.hex() == "00f067aa0ba902b7"
    assert list(spans) == ["verify", "open", "load", "start", "Twice", "Check", "run", "run checks"]
    assert all(spans[name].parent_span_id == root.span_id for name in ("verify", "open", "load", "start", "run"))
    assert spans["Check"].parent_span_id == spans["run"].span_id
    took = {name: (it.end_time_unix_nano - it.start_time_unix_nano) / 1e6 for name, it in spans.items()}
    expected = {"verify": 20, "open": 1, "load": 4, "run": 100, "Twice": 100, "run checks": 126}
    assert {name: took[name] for name in expected} == pytest.approx(expected, abs=0.01)
    assert plain(root.attributes)["remotemedia.package.digest"] == checks.digest
    assert plain(spans["Twice"].attributes)["remotemedia.node.packets_in"] == 1000
    assert [it.name for it in spans["run"].events] == ["first output"]
    assert [it.name for it in spans["Check"].events] == ["failure handled"]


def test_metrics_are_what_was_counted(checks: ResolvedPackage, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as server:
        monkeypatch.setenv(ENDPOINT, server.url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "meeting-notes")
        assert run(checks, {ENDPOINT: server.url}) == []
        last, resource = server.last_metrics(), plain(server.metrics[-1].resource_metrics[0].resource.attributes)
    assert resource["service.name"] == "meeting-notes"
    packets = last["remotemedia.node.packets.in"].sum
    assert packets.is_monotonic
    assert [(plain(it.attributes)["remotemedia.node"], it.as_int) for it in packets.data_points] == [
        ("Twice", 1000),
        ("Check", 1000),
    ]
    (depth,) = last["remotemedia.edge.depth"].gauge.data_points
    assert depth.as_int == 3
    assert plain(depth.attributes)["remotemedia.edge.to"] == "Check"
    duration = last["remotemedia.node.call.duration"].histogram.data_points[0]
    assert (duration.count, sum(duration.bucket_counts)) == (1000, 1000)
    counted = dict(zip(duration.explicit_bounds, duration.bucket_counts, strict=False))
    assert (counted[1e-5], counted[1e-4], duration.max) == (500, 500, 91e-6)


def test_metrics_are_sent_while_a_run_goes_on(checks: ResolvedPackage, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as server:
        monkeypatch.setenv(ENDPOINT, server.url)
        run(checks, {ENDPOINT: server.url, "OTEL_METRIC_EXPORT_INTERVAL": "50", "OTEL_TRACES_EXPORTER": "none"})
        assert len(server.metrics) == 2
        assert server.traces == []


def test_a_failed_run_is_a_failed_span(checks: ResolvedPackage, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as server:
        monkeypatch.setenv(ENDPOINT, server.url)
        run(checks, {ENDPOINT: server.url}, error=NodeError("node `Check` failed", code="RM602", node="Check"))
        spans = server.spans()
    for span in (spans["run checks"], spans["Check"]):
        assert (span.status.code, span.status.message) == (2, "node `Check` failed")
        assert plain(span.attributes)["error.type"] == "RM602"
    assert spans["Twice"].status.code == 0


@pytest.mark.parametrize("status", [400, 403])
def test_a_collector_that_refuses_is_told_of_once(
    status: int, checks: ResolvedPackage, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with collector(status) as server:
        monkeypatch.setenv(ENDPOINT, server.url)
        assert len(run(checks, {ENDPOINT: server.url})) == 1
    assert capfd.readouterr().err == ""


def test_a_collector_that_is_not_there_costs_a_few_seconds_at_most(
    checks: ResolvedPackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {ENDPOINT: "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    started = time.monotonic()
    assert len(run(checks, environ)) == 1
    assert time.monotonic() - started < 8


def test_without_the_libraries_there_is_one_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    warnings: list[str] = []
    assert Telemetry.asked_for({ENDPOINT: "http://127.0.0.1:9"}, warnings.append) is None
    assert len(warnings) == 1
    assert "pip install 'remotemedia[otel]'" in warnings[0]
    with pytest.raises(PipelineError) as caught:
        Telemetry.asked_for({"OTEL_TRACES_EXPORTER": "otlp"}, warnings.append)
    assert caught.value.code == "RM706"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_SERVICE_NAME": "x"},
        {ENDPOINT: "http://x", "OTEL_SDK_DISABLED": "TRUE"},
        {ENDPOINT: "http://x", "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
        {ENDPOINT: ""},
    ],
)
def test_nothing_is_sent_that_was_not_asked_for(environ: dict[str, str]) -> None:
    assert Wish.of(environ) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "soon"),
    ],
)
def test_what_there_is_not_is_refused(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=value) as caught:
        Wish.of({ENDPOINT: "http://x", name: value})
    assert caught.value.code == "RM707"


def test_one_signal_alone_can_be_asked_for() -> None:
    wish = Wish.of({"OTEL_METRICS_EXPORTER": "console", "OTEL_METRIC_EXPORT_INTERVAL": "500"})
    assert wish == Wish(traces="none", metrics="console", explicit=True, interval_ms=500)


def test_the_console_is_stderr(checks: ResolvedPackage, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(checks, {"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "console"}) == []
    shown = capsys.readouterr()
    assert shown.out == ""
    assert '"name": "run checks"' in shown.err
    assert "remotemedia.node.packets.in" in shown.err


def test_what_the_libraries_cannot_do_is_a_warning(
    checks: ResolvedPackage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = (tmp_path / "closed").open("w")
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    (warning,) = run(checks, {"OTEL_TRACES_EXPORTER": "console"})
    assert warning == "telemetry could not be sent: ValueError: I/O operation on closed file."
