"""The parts of a report, each from a recording; None where there is nothing to say."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from remotemedia._graph_svg import as_svg
from remotemedia._picture import picture_of_manifest
from remotemedia.runtime._report._charts import histogram, timeline
from remotemedia.runtime._report._html import Html, tag
from remotemedia.runtime._report._tables import facts, table
from remotemedia.runtime.units import count, duration, share, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from remotemedia.errors import RemoteMediaError
    from remotemedia.runtime.recording import Moment, Recording

__all__ = [
    "edges",
    "failure",
    "graph",
    "heading",
    "log",
    "nodes",
    "origin",
    "over_time",
    "plan",
]

_MAX_NODES: Final = 200  # that are drawn; the tables have them all
_MAX_SHOWN: Final = 2_000  # characters of a value of the plan
_LEAST_MOMENTS: Final = 3
_OWN: Final = frozenset({"version", "nodes", "metrics_interval_ms", "probe"})  # of a plan: how this report is made
_WIDTH: Final = 1180.0  # of the page, in pixels
_LEAST_SCALE: Final = 0.7


def heading(recording: Recording) -> Html:
    """Return the name, how it ended, and the figures of the whole."""
    name, outcome = recording.package.config["name"], recording.outcome
    when = recording.started.isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC")
    title = tag("h1", name, tag("span", outcome, class_=f"badge {outcome}"))
    about = tag("p", str(recording.package.reference), " · ", when, class_="soft")
    figures = [tag("div", tag("dt", label), tag("dd", value)) for label, value in _figures(recording)]
    return tag("header", title, about, tag("dl", *figures, class_="figures"))


def _figures(recording: Recording) -> Iterator[tuple[str, str]]:
    report = recording.report
    if report is None:
        return
    wall = report["wall_ns"]
    yield "Wall time", duration(wall)
    if report.get("first_output_ns") is not None:
        yield "First output after", duration(report["first_output_ns"])
    inner = {edge["from"] for edge in report["edges"]}
    led_to = {edge["to"] for edge in report["edges"]}
    yield "Packets in", count(sum(it["packets_in"] for it in report["nodes"] if it["id"] not in led_to))
    yield "Packets out", count(sum(it["packets_out"] for it in report["nodes"] if it["id"] not in inner))
    heard = [len(it["low"]) * it["bin_s"] for it in (recording.probe or {}).get("tracks", []) if it["is_input"]]
    if heard and wall:
        yield "Sound", f"{max(heard):.1f} s"
        yield "Times real time", f"{max(heard) / wall * 1e9:.3g}"
    for field, label in (("errors", "Failed calls"), ("skipped", "Skipped packets"), ("restarts", "Restarts")):
        total = sum(it.get(field, 0) for it in report["nodes"])
        if total:
            yield label, count(total)


def failure(recording: Recording) -> Html | None:
    """Return why the run did not end well."""
    error = recording.error
    if error is None:
        return None
    about = [
        (name, str(error.details[name]))
        for name in ("node", "call", "runtime", "seq", "input")
        if name in error.details
    ]
    parts = [tag("h2", "Why it ended"), tag("p", tag("strong", error.code, class_="error"), " ", error.message)]
    parts += [facts(about)] if about else []
    parts += list(_causes(error))
    parts += [tag("p", tag("strong", "What helps"), " ", error.hint)] if error.hint else []
    return tag("section", *parts, id="failure")


def _causes(error: RemoteMediaError) -> Iterator[Html]:
    causes = error.details.get("causes")
    for cause in causes if isinstance(causes, list) else []:
        yield tag("pre", "\n".join(filter(None, [f"{cause['kind']}: {cause['message']}", cause.get("trace")])))


def graph(recording: Recording) -> Html | None:
    """Return the picture of the graph; it cannot be drawn where the manifest was refused."""
    manifest = recording.manifest
    if manifest is None:
        return None
    planned = recording.plan.get("nodes", {})
    runtimes = {
        node["id"]: planned.get(node["id"], node).get("runtime", "?") for node in recording.package.config["nodes"]
    }
    drawn = _fitted(as_svg(picture_of_manifest(manifest, runtimes)))
    picture = tag("div", drawn, class_="scroll graph", tabindex=0, role="region", aria_label="graph of the pipeline")
    return tag("section", tag("h2", "Pipeline"), picture, id="pipeline")


def _fitted(svg: str) -> Html:
    """Return a drawing so small that it fits the page, but not so small that it cannot be read."""

    def shrunk(found: re.Match[str]) -> str:
        width, height = float(found[1]), float(found[2])
        scale = max(_LEAST_SCALE, min(1.0, _WIDTH / width))
        return f'width="{width * scale:.0f}" height="{height * scale:.0f}" viewBox'

    return Html(re.sub(r'width="(\d+)" height="(\d+)" viewBox', shrunk, svg, count=1))


def nodes(recording: Recording) -> Html | None:
    """Return what every node did, and how long its calls took."""
    if recording.report is None:
        return None
    wall, all_nodes = recording.report["wall_ns"], recording.report["nodes"]
    heads = ["node", "runtime", "in", "out", "bytes out", "calls", "busy", "of the time", "p50", "p95", "p99", "max"]
    troubles = [it for it in ("errors", "skipped", "restarts") if any(node.get(it) for node in all_nodes)]
    rows = [
        [
            node["id"],
            node["runtime"],
            *(count(node[it]) for it in ("packets_in", "packets_out")),
            size(node["bytes_out"]),
            count(node["calls"]),
            duration(node["busy_ns"]),
            share(node["busy_ns"], wall),
            *(
                duration(node["call_ns"][it]) if node["call_ns"]["timed"] else "-"
                for it in ("p50", "p95", "p99", "max")
            ),
            *(count(node.get(it, 0)) for it in troubles),
        ]
        for node in all_nodes
    ]
    drawn = [_durations(node) for node in all_nodes[:_MAX_NODES] if node["call_ns"].get("histogram")]
    return tag(
        "section",
        tag("h2", "Nodes"),
        table("what every node did; times of its calls", [*heads, *troubles], rows, numbers=range(2, 16)),
        *([tag("h3", "How long calls took", class_="soft"), tag("div", *drawn, class_="grid")] if drawn else []),
        id="nodes",
    )


def _durations(node: Mapping[str, Any]) -> Html:
    times = node["call_ns"]
    words = ", ".join(f"{name} {duration(times[name])}" for name in ("p50", "p95", "p99", "max"))
    label = f"durations of {times['timed']} calls of {node['id']}: {words}"
    drawn = histogram(times["histogram"], {name: times[name] for name in ("p50", "p99")}, label)
    return tag("div", tag("h3", node["id"]), tag("p", f"{count(times['timed'])} timed", class_="soft small"), drawn)


def edges(recording: Recording) -> Html | None:
    """Return what passed along every edge."""
    if recording.report is None or not recording.report["edges"]:
        return None
    heads = ["edge", "kind", "packets", "bytes", "waiting at the end", "most that waited", "dropped"]
    rows = [
        [
            _edge_name(edge),
            "in one thread" if edge["fused"] else "queue",
            count(edge.get("packets", 0)),
            size(edge.get("bytes", 0)),
            *("-" if edge["fused"] else count(edge.get(it, 0)) for it in ("depth", "high_water", "dropped")),
        ]
        for edge in recording.report["edges"]
    ]
    return tag(
        "section",
        tag("h2", "Edges"),
        table("what passed along every edge", heads, rows, numbers=range(2, 7)),
        id="edges",
    )


def _edge_name(edge: Mapping[str, Any]) -> str:
    giver, taker = (
        node if port == default else f"{node}.{port}"
        for node, port, default in ((edge["from"], edge["from_port"], "out"), (edge["to"], edge["to_port"], "in"))
    )
    return f"{giver} → {taker}"


def over_time(recording: Recording) -> Html:
    """Return the stages of the run, and throughput and queues while it went on."""
    steps = [{"name": "verify", "at_ms": 0.0}, *recording.stages]
    rows = [["verify", duration(recording.verify_ms * 1e6), ""]] if recording.verify_ms else []
    rows += [
        [now["name"], duration(1e6 * (now["at_ms"] - before["at_ms"])), duration(1e6 * now["at_ms"])]
        for before, now in pairwise(steps)
    ]
    if recording.ended_ms is not None:
        rows.append(
            ["end", duration(1e6 * (recording.ended_ms - steps[-1]["at_ms"])), duration(1e6 * recording.ended_ms)]
        )
    stages = table("stages; counted from the start of the executor", ["stage", "took", "done at"], rows, numbers={1, 2})
    return tag("section", tag("h2", "Over time"), stages, *_course(recording.moments), id="time")


def _course(moments: Sequence[Moment]) -> Iterator[Html]:
    if len(moments) < _LEAST_MOMENTS:
        yield tag("p", "The run was too short for a course of its figures.", class_="soft small")
        return
    end = moments[-1].at_ms - moments[0].at_ms
    node_rows = []
    for at, node in enumerate(moments[-1].report["nodes"][:_MAX_NODES]):
        name = node["id"]
        given = _rates(moments, "nodes", at, "packets_in", "packets_out")
        busy = _rates(moments, "nodes", at, "busy_ns")
        row = [*_drawn(given, end, f"packets a second of {name}", count)]
        row += _drawn(busy, end, f"share of the time that {name} was busy", _as_share)
        node_rows.append([name, *row])
    heads = ["node", "packets a second", "most", "busy", "most"]
    yield table(f"nodes, over {duration(1e6 * end)}", heads, node_rows, numbers={2, 4})
    queue_rows = [
        [_edge_name(edge), *_drawn(_levels(moments, at), end, f"packets that waited on {_edge_name(edge)}", count)]
        for at, edge in enumerate(moments[-1].report["edges"][:_MAX_NODES])
        if not edge["fused"]
    ]
    if queue_rows:
        yield table(
            f"queues, over {duration(1e6 * end)}", ["edge", "packets that waited", "most"], queue_rows, numbers={2}
        )


def _drawn(
    points: Sequence[tuple[float, float]], end: float, label: str, shown: Callable[[float], str]
) -> tuple[Html, str]:
    most = shown(max((value for _, value in points), default=0.0))
    return timeline(points, end, f"{label}, at most {most}"), most


def _as_share(nanoseconds_a_second: float) -> str:
    return share(nanoseconds_a_second, 1e9)


def _rates(moments: Sequence[Moment], part: str, row: int, *fields: str) -> list[tuple[float, float]]:
    """Return the growth a second of the first of the fields that grew at all."""
    field = next((it for it in fields if moments[-1].report[part][row].get(it)), fields[0])
    return [
        (
            now.at_ms - moments[0].at_ms,
            (now.report[part][row].get(field, 0) - before.report[part][row].get(field, 0))
            / (now.at_ms - before.at_ms)
            * 1e3,
        )
        for before, now in pairwise(moments)
        if now.at_ms > before.at_ms
    ]


def _levels(moments: Sequence[Moment], row: int) -> list[tuple[float, float]]:
    start = moments[0].at_ms
    return [(moment.at_ms - start, float(moment.report["edges"][row].get("depth", 0))) for moment in moments[1:]]


def log(recording: Recording) -> Html | None:
    """Return what nodes logged, and the failures that the run went on after."""
    lines = [*recording.first_lines, *recording.last_lines]
    handled = [
        {**it, "level": "warning", "message": f"{it['action']}: {it['error']['code']} {it['error']['message']}"}
        for it in recording.handled
    ]
    if not lines and not handled:
        return None
    rows = [
        [
            f"{line['at_ms'] / 1e3:.3f}",
            tag("span", line.get("level", "notice"), class_=line.get("level")),
            line.get("node", ""),
            line["message"],
            f"{line['file']}:{line['line']}" if "file" in line else "",
        ]
        for line in sorted([*lines, *handled], key=lambda it: it["at_ms"])
    ]
    left_out = recording.lines_left_out + recording.handled_left_out
    caption = f"{len(rows)} lines" + (f"; {left_out} between the first and the last are left out" if left_out else "")
    heads = ["seconds", "level", "node", "message", "where"]
    return tag("section", tag("h2", "Log"), table(caption, heads, rows, numbers={0}, tall=True), id="log")


def plan(recording: Recording) -> Html | None:
    """Return what was decided about the run."""
    decided = recording.plan
    if not decided:
        return None
    rows = [
        [
            node,
            chosen.get("runtime", "its default"),
            _shown(chosen.get("limits")),
            ", ".join(chosen.get("grants", [])) or "none",
        ]
        for node, chosen in decided.get("nodes", {}).items()
    ]
    others = [(name, _shown(value)) for name, value in decided.items() if name not in _OWN and value]
    return tag(
        "section",
        tag("h2", "Plan"),
        table("what was decided about every node", ["node", "runtime", "limits", "grants"], rows),
        *([facts(others)] if others else []),
        id="plan",
    )


def _shown(value: object) -> str:
    if not value:
        return "the defaults"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def origin(recording: Recording) -> Html:
    """Return which package was run, by what."""
    package, verdict = recording.package, recording.package.verdict
    signer = {"trusted": verdict.key_name or verdict.fingerprint, "untrusted": "a key that is not trusted"}
    pairs: list[tuple[str, str | Html]] = [
        ("name", f"{package.config['name']} {package.config.get('version', '')}".strip()),
        ("digest", tag("code", package.digest)),
        ("signed by", signer.get(verdict.status) or "nobody"),
        ("remotemedia", version("remotemedia")),
        ("Python", platform.python_version()),
        ("system", f"{platform.system()} {platform.machine()}"),
    ]
    return tag("section", tag("h2", "Package"), facts(pairs), id="package")
