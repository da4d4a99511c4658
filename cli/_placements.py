"""The tables of where nodes run, for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from remotemedia.cli._console import report


def placement_table(nodes: Iterable[Mapping[str, Any]]) -> str:
    """A line for each node, `id  runtime  why`, and below it what else can be said.

    Args:
        nodes: as they stand in `meta/runtime.json`.
    """
    return _table([(row["id"], row["runtime"], row["why"], list(_more(row))) for row in nodes])


def show_plan(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print what each node of a run would get; `rows` as `explain_run` gives them."""
    table = _table([(row["node"], row["runtime"], row["why"], list(_decided(row))) for row in rows])
    report({"nodes": rows}, table, as_json=as_json)


def _table(rows: list[tuple[str, str, str, list[str]]]) -> str:
    name_width = max((len(name) for name, *_ in rows), default=0)
    kind_width = max((len(kind) for _, kind, *_ in rows), default=0)
    lines = []
    for name, kind, why, more in rows:
        lines.append(f"  {name:<{name_width}}  {kind:<{kind_width}}  {why}")
        lines += [f"  {'':<{name_width}}  {'':<{kind_width}}  {line}" for line in more]
    return "\n".join(lines)


def _more(row: Mapping[str, Any]) -> Iterable[str]:
    for lack in row["lacks"]:
        if lack != row["why"]:
            yield lack
    if row["needs"] and row["lacks"]:
        yield f"needs {', '.join(row['needs'])}"
    if row["grants"]:
        words = (shlex.quote(f"{row['id']}:{grant}") for grant in row["grants"])
        yield f"wants {' '.join(f'--allow {word}' for word in words)}"
    if row["others"]:
        yield f"could run as {', '.join(row['others'])}"
    for it in row.get("modules", ()):
        yield f"has {it['kind']}{' for ' + it['platform'] if 'platform' in it else ''}: {it['file']}"


def _decided(row: Mapping[str, Any]) -> Iterable[str]:
    if row["others"]:
        yield f"could run as {', '.join(row['others'])}"
    reasons: dict[str, list[str]] = {}
    for kind, why in row["excluded"].items():
        reasons.setdefault(why, []).append(kind)
    for why, kinds in reasons.items():
        yield f"not as {', '.join(kinds)}: {why}"
    for grant, why in row["wants"].items():
        state = "refused until allowed" if grant in row["missing"] else "granted"
        yield f"wants {grant}, {state}: {why}"
    if row["grants"]:
        yield f"granted {', '.join(row['grants'])}"
    if row["limits"]:
        yield f"limits {', '.join(f'{name}={json.dumps(value)}' for name, value in row['limits'].items())}"
    yield f"on error {row['on_error']}"
