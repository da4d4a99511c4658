"""The plan of a run: what is decided beside the manifest, as the executor reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remotemedia.errors import TrustError, UsageError

_GRANTS = ("python", "host")
_GRANTS_WITH_VALUE = ("net", "read", "write")


@dataclass(frozen=True)
class RunOptions:
    """What a user decides about a run.

    Attributes:
        input: a file, or `-` for stdin.
        output: a file; None is stdout.
        settings: values by parameter, or by `NODE.PARAM`.
        secrets: values by name; they are no part of the plan.
        allow: grants, such as `read=DIR`.
        timeout_s: wall time of one call of a node, in seconds.
        memory_mb: memory of one node, in MiB.
        packets: whether output lines carry times besides values.
        seed: of the nodes' random numbers.
    """

    input: str | None = None
    output: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow: tuple[str, ...] = ()
    timeout_s: float | None = None
    memory_mb: int | None = None
    packets: bool = False
    seed: int = 0


def make_plan(config: Mapping[str, Any], options: RunOptions) -> dict[str, Any]:
    """The plan for a package with this configuration.

    Raises:
        TrustError: RM507, the package wants a grant that it was not given.
    """
    missing = [grant for grant in config["grants"] if grant not in options.allow]
    if missing:
        flags = " ".join(f"--allow {grant}" for grant in missing)
        raise TrustError(
            f"package `{config['name']}` wants {_listed(missing)}, which it was not granted",
            code="RM507",
            hint=f"if you agree, run it again with `{flags}`",
            wants=missing,
        )
    limits = {"timeout_s": options.timeout_s, "memory_mb": options.memory_mb}
    limits = {name: value for name, value in limits.items() if value is not None}
    plan = {
        "version": 1,
        "nodes": {
            node["id"]: {"runtime": node["runtime"], "limits": limits, "grants": list(options.allow)}
            for node in config["nodes"]
        },
        "set": dict(options.settings),
        "input": options.input,
        "output": str(options.output) if options.output is not None else None,
        "packets": options.packets,
        "seed": options.seed,
    }
    return {name: value for name, value in plan.items() if value is not None}


def parse_settings(words: Iterable[str]) -> dict[str, Any]:
    """`name=value` words as a mapping; a value is JSON where it can be read as such, otherwise text."""
    settings: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise UsageError(f"expected `NAME=VALUE` or `NODE.PARAM=VALUE`, got `{word}`", code="RM701")
        settings[name] = _value(text)
    return settings


def check_grants(words: Iterable[str]) -> tuple[str, ...]:
    """The grants as given, each of a kind that exists."""
    grants = tuple(words)
    for grant in grants:
        kind, _, value = grant.partition("=")
        if grant not in _GRANTS and not (kind in _GRANTS_WITH_VALUE and value):
            raise UsageError(
                f"expected a grant `python`, `host`, `net=HOST:PORT`, `read=DIR` or `write=DIR`, got `{grant}`",
                code="RM701",
            )
    return grants


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
