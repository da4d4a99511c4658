"""What a run would do, node by node: the rows of `run --explain`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from remotemedia.runtime._choice import NodeChoice, choose, with_programs
from remotemedia.runtime._grants import Grants
from remotemedia.runtime._plan import RunOptions, make_plan
from remotemedia.runtime.run import granted

if TYPE_CHECKING:
    from remotemedia.runtime._nested import NestedPackage
    from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["explain_run"]


def explain_run(
    package: ResolvedPackage,
    options: RunOptions,
    *,
    home: Path,
    nested: Mapping[str, NestedPackage] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Return a row for each node, in the manifest's order; nothing is installed or started.

    A row has `node`, `node_type`, `runtime`, `why`, `others` (kinds), `excluded` (reasons by kind), `limits` (those
    that were set, the lower of host's and package's), `wants` (reasons by grant), `grants`, `missing` and `on_error`.

    Raises:
        TrustError: RM508, RM509.
        UsageError: RM701.
    """
    choices = choose(package, options.runtimes, nested=nested)
    grants, _ = granted(package, options.allow, home, choices=choices, nested=nested)
    grants.check_nodes(choice.id for choice in choices)
    choices = with_programs(choices, grants)
    plan = make_plan(choices, options, grants=grants)
    return [_row(choice, plan["nodes"][choice.id], grants) for choice in choices]


def _row(choice: NodeChoice, planned: Mapping[str, Any], grants: Grants) -> dict[str, Any]:
    return {
        "node": choice.id,
        "node_type": choice.node_type,
        "runtime": choice.runtime,
        "why": choice.why,
        "others": list(choice.others),
        "excluded": dict(choice.excluded),
        "limits": _least(planned["limits"], choice.limits),
        "wants": dict(choice.wants),
        "grants": list(grants.of(choice.id)),
        "missing": list(grants.missing(choice.id, choice.wants)),
        "on_error": planned.get("on_error", "fail"),
    }


def _least(host: Mapping[str, Any], package: Mapping[str, Any]) -> dict[str, Any]:
    """The bounds that either sets; where both do, the lower."""
    names = sorted({*host, *package})
    return {name: min(it[name] for it in (host, package) if name in it) for name in names}
