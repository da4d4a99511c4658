"""The table of where nodes run, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def placement_table(nodes: Iterable[Mapping[str, Any]]) -> str:
    """A line for each node, `id  runtime  why`, and below it what else can be said.

    Args:
        nodes: as they stand in `meta/runtime.json`.
    """
    rows = list(nodes)
    name_width = max((len(row["id"]) for row in rows), default=0)
    kind_width = max((len(row["runtime"]) for row in rows), default=0)
    lines = []
    for row in rows:
        lines.append(f"  {row['id']:<{name_width}}  {row['runtime']:<{kind_width}}  {row['why']}")
        lines += [f"  {'':<{name_width}}  {'':<{kind_width}}  {line}" for line in _more(row)]
    return "\n".join(lines)


def _more(row: Mapping[str, Any]) -> Iterable[str]:
    for lack in row["lacks"]:
        if lack != row["why"]:
            yield lack
    if row["needs"] and row["lacks"]:
        yield f"needs {', '.join(row['needs'])}"
    if row["grants"]:
        yield f"wants {' '.join(f'--allow {grant}' for grant in row['grants'])}"
    if row["others"]:
        yield f"could run as {', '.join(row['others'])}"
