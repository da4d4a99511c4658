"""A recording as OpenTelemetry's spans and metrics, and who sends them."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ConsoleMetricExporter,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.context import Context

    from remotemedia.runtime.recording import Recording
    from remotemedia.runtime.telemetry import Wish

__all__ = ["Senders"]

_NAME: Final = "remotemedia"
_TIMEOUT_S: Final = 3.0  # what a user waits for at the most at the end of a run, unless they say otherwise
# Upper bounds of the classes of durations, in nanoseconds: three a decade from 1 µs to 10 s, the same in every run.
_BOUNDS_NS: Final = [step * 10**power for power in range(3, 10) for step in (1, 2, 5)] + [10**10]
_NODE_COUNTS: Final = {
    "packets_in": ("remotemedia.node.packets.in", "{packet}", "packets that a node was given"),
    "packets_out": ("remotemedia.node.packets.out", "{packet}", "packets that a node emitted"),
    "bytes_in": ("remotemedia.node.bytes.in", "By", "bytes of payload that a node was given"),
    "bytes_out": ("remotemedia.node.bytes.out", "By", "bytes of payload that a node emitted"),
    "calls": ("remotemedia.node.calls", "{call}", "calls of a node"),
    "errors": ("remotemedia.node.errors", "{call}", "calls of a node that failed"),
    "skipped": ("remotemedia.node.skipped", "{packet}", "packets that were passed over"),
    "restarts": ("remotemedia.node.restarts", "{restart}", "how often a node was made anew"),
}
_EDGE_COUNTS: Final = {
    "packets": ("remotemedia.edge.packets", "{packet}", "packets that passed along an edge"),
    "bytes": ("remotemedia.edge.bytes", "By", "bytes of payload that passed along an edge"),
    "dropped": ("remotemedia.edge.dropped", "{packet}", "packets that were let go before a full queue"),
}


class _Collected(SpanProcessor):
    """Keeps the spans that ended: they are sent at once."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


@dataclass(frozen=True)
class Senders:
    """Who sends what; None where it is not wanted."""

    spans: SpanExporter | None
    metrics: MetricExporter | None
    resource: Resource
    parent: Context

    @classmethod
    def of(cls, wish: Wish, environ: Mapping[str, str]) -> Senders:
        """Make what the variables ask for."""
        # What goes wrong is told once, by us.
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        logging.getLogger("opentelemetry").propagate = False
        timeout = None if "OTEL_EXPORTER_OTLP_TIMEOUT" in environ else _TIMEOUT_S
        spans: SpanExporter | None = None
        metrics: MetricExporter | None = None
        if wish.traces == "otlp":
            spans = OTLPSpanExporter(timeout=timeout)
        elif wish.traces == "console":
            spans = ConsoleSpanExporter(out=sys.stderr)
        if wish.metrics == "otlp":
            metrics = OTLPMetricExporter(timeout=timeout)
        elif wish.metrics == "console":
            metrics = ConsoleMetricExporter(out=sys.stderr)
        named = OTELResourceDetector().detect().attributes.get(SERVICE_NAME)
        resource = Resource.create({} if named else {SERVICE_NAME: _NAME})
        carrier = {name.lower(): environ[name] for name in ("TRACEPARENT", "TRACESTATE") if name in environ}
        return cls(spans, metrics, resource, TraceContextTextMapPropagator().extract(carrier))

    def send_metrics(self, recording: Recording) -> bool:
        """Send what was counted so far; tells whether it was taken."""
        if self.metrics is None or recording.report is None:
            return True
        scope = InstrumentationScope(_NAME, version(_NAME))
        data = ScopeMetrics(scope, list(_metrics(recording, recording.report)), "")
        sent = self.metrics.export(MetricsData([ResourceMetrics(self.resource, [data], "")]))
        return sent is MetricExportResult.SUCCESS

    def send_trace(self, recording: Recording) -> bool:
        """Send the spans of a run that has ended; tells whether they were taken."""
        if self.spans is None:
            return True
        collected = _Collected()
        provider = TracerProvider(resource=self.resource, shutdown_on_exit=False)
        provider.add_span_processor(collected)
        _trace(provider.get_tracer(_NAME, version(_NAME)), recording, self.parent)
        return not collected.spans or self.spans.export(collected.spans) is SpanExportResult.SUCCESS

    def close(self) -> None:
        """Let go of connections."""
        for exporter in (self.spans, self.metrics):
            if exporter is not None:
                exporter.shutdown()


def _metrics(recording: Recording, report: dict[str, Any]) -> Iterator[Metric]:
    start = _ns(recording, 0)
    now = start + report["wall_ns"]
    about = {"remotemedia.package.name": recording.package.config["name"]}
    nodes = [
        (node, {**about, "remotemedia.node": node["id"], "remotemedia.runtime": node["runtime"]})
        for node in report["nodes"]
    ]
    edges = [(edge, {**about, **_edge_attributes(edge)}) for edge in report["edges"]]

    def points(
        table: list[tuple[dict[str, Any], dict[str, Any]]], field: str, scale: float = 1
    ) -> list[NumberDataPoint]:
        return [
            NumberDataPoint(attributes, start, now, row[field] * scale if scale != 1 else row[field])
            for row, attributes in table
            if field in row
        ]

    for table, counts in ((nodes, _NODE_COUNTS), (edges, _EDGE_COUNTS)):
        for field, (name, unit, description) in counts.items():
            data = Sum(points(table, field), AggregationTemporality.CUMULATIVE, is_monotonic=True)
            yield Metric(name, description, unit, data)
    busy = Sum(points(nodes, "busy_ns", 1e-9), AggregationTemporality.CUMULATIVE, is_monotonic=True)
    yield Metric("remotemedia.node.busy", "time spent in calls of a node", "s", busy)
    yield Metric("remotemedia.edge.depth", "packets that wait in a queue", "{packet}", Gauge(points(edges, "depth")))
    calls = [point for node, attributes in nodes if (point := _histogram(node, attributes, start, now))]
    durations = Histogram(calls, AggregationTemporality.CUMULATIVE)
    yield Metric("remotemedia.node.call.duration", "duration of calls of a node", "s", durations)


def _edge_attributes(edge: Mapping[str, Any]) -> dict[str, str]:
    return {f"remotemedia.edge.{name}": edge[name] for name in ("from", "from_port", "to", "to_port")}


def _histogram(node: Mapping[str, Any], attributes: dict[str, Any], start: int, now: int) -> HistogramDataPoint | None:
    """Return the durations of a node's calls in classes that are the same in every run."""
    times = node["call_ns"]
    classes = times.get("histogram")
    if not classes:
        return None
    counts = [0] * (len(_BOUNDS_NS) + 1)
    for bound, count in classes:
        counts[next((at for at, upper in enumerate(_BOUNDS_NS) if bound <= upper), len(_BOUNDS_NS))] += count
    bounds = [bound / 1e9 for bound in _BOUNDS_NS]
    least, most = classes[0][0] / 1e9, times["max"] / 1e9
    busy = node["busy_ns"] / 1e9
    return HistogramDataPoint(attributes, start, now, sum(counts), busy, counts, bounds, min(least, most), most)


def _trace(tracer: Tracer, recording: Recording, parent: Context) -> None:
    """Make the spans: the run, its stages, and in the last of them the nodes."""
    ended = recording.ended_ms
    end = max(_ns(recording, ended if ended is not None else 0), _ns(recording, 0))
    package = recording.package
    attributes = {
        "remotemedia.package.name": package.config["name"],
        "remotemedia.package.digest": package.digest,
        "remotemedia.package.reference": str(package.reference),
        "remotemedia.outcome": recording.outcome,
    }
    began = _ns(recording, 0) - round(recording.verify_ms * 1e6)
    root = tracer.start_span(f"run {package.config['name']}", parent, attributes=attributes, start_time=began)
    inside = set_span_in_context(root)
    tracer.start_span("verify", inside, start_time=began).end(_ns(recording, 0))
    stages = [stage for stage in recording.stages if stage["name"] != "first output"]
    for before, stage in pairwise([{"at_ms": 0}, *stages]):
        tracer.start_span(stage["name"], inside, start_time=_ns(recording, before["at_ms"])).end(
            _ns(recording, stage["at_ms"])
        )
    if recording.report is not None and stages:
        running = tracer.start_span("run", inside, start_time=_ns(recording, stages[-1]["at_ms"]))
        for stage in recording.stages:
            if stage["name"] == "first output":
                running.add_event("first output", timestamp=_ns(recording, stage["at_ms"]))
        _node_spans(tracer, recording, set_span_in_context(running), end)
        running.end(end)
    if recording.error is not None:
        _fail(root, recording.error.code, recording.error.message, end)
    root.end(end)


def _node_spans(tracer: Tracer, recording: Recording, inside: Context, end: int) -> None:
    report = recording.report or {}
    begin = end - int(report["wall_ns"])
    failed = recording.error.details.get("node") if recording.error is not None else None
    for node in report["nodes"]:
        attributes = {f"remotemedia.node.{name}": node[name] for name in (*_NODE_COUNTS, "busy_ns") if name in node}
        attributes |= {"remotemedia.runtime": node["runtime"], "remotemedia.node": node["id"]}
        attributes |= {
            f"remotemedia.node.call.{name}_ns": node["call_ns"][name] for name in ("p50", "p95", "p99", "max")
        }
        span = tracer.start_span(node["id"], inside, attributes=attributes, start_time=begin)
        for handled in recording.handled:
            if handled["node"] == node["id"]:
                told = {"remotemedia.action": handled["action"], "exception.message": handled["error"]["message"]}
                span.add_event("failure handled", told, timestamp=_ns(recording, handled["at_ms"]))
        if recording.error is not None and failed == node["id"]:
            _fail(span, recording.error.code, recording.error.message, end)
        span.end(end)


def _fail(span: Span, code: str, message: str, at: int) -> None:
    span.set_attribute("error.type", code)
    span.set_status(Status(StatusCode.ERROR, message))
    span.add_event("exception", {"exception.type": code, "exception.message": message}, timestamp=at)


def _ns(recording: Recording, at_ms: float) -> int:
    """Return nanoseconds since 1970 of a moment that is counted from the start of the executor."""
    return round((recording.started + timedelta(milliseconds=at_ms)).timestamp() * 1e9)
