"""The plan of a run: what is decided beside the manifest, as the executor reads it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from remotemedia.errors import TrustError, UsageError
from remotemedia.runtime._checkpoint import Checkpoints
from remotemedia.runtime._grants import Grants

if TYPE_CHECKING:
    from remotemedia.runtime._choice import NodeChoice
    from remotemedia.runtime._nested import NestedPackage


@dataclass(frozen=True)
class RunOptions:
    """What a user decides about a run.

    Attributes:
        input: a file, or `-` for stdin.
        output: a file; None is stdout.
        settings: values by parameter, or by `NODE.PARAM`.
        secrets: values by name; they are no part of the plan.
        allow: grants, `read=DIR` for all nodes or `NODE:read=DIR` for one.
        runtimes: where nodes run, `KIND` for all that can or `NODE=KIND`.
        offline: open no socket; what a package's Python needs must be in the package.
        timeout_s: wall time of one call of a node, in seconds.
        memory_mb: memory of one node, in MiB.
        packets: whether output lines carry times besides values.
        input_packets: whether input lines do.
        seed: of the nodes' random numbers.
        on_error: what becomes of the run when a node fails, by the node's id; "" is all others.
        live: whether packets are taken at their times, not as fast as can be.
        control: a file or FIFO whose lines say what is asked of the run while it goes on; `-` is stdin.
        metrics_interval_ms: how often the executor tells what it counted so far; None is never.
        probe: whether it tells, at the end, what a picture of the run needs of its packets.
        checkpoints: where the run notes how far it is; None is nowhere.
    """

    input: str | None = None
    output: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow: tuple[str, ...] = ()
    runtimes: tuple[str, ...] = ()
    offline: bool = False
    timeout_s: float | None = None
    memory_mb: int | None = None
    packets: bool = False
    input_packets: bool = False
    seed: int = 0
    on_error: Mapping[str, str] = field(default_factory=dict)
    live: bool = False
    control: str | None = None
    metrics_interval_ms: int | None = None
    probe: bool = False
    checkpoints: Checkpoints | None = None


def make_plan(
    choices: Sequence[NodeChoice],
    options: RunOptions,
    *,
    grants: Grants | None = None,
    python: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    signer_trusted: bool = False,
    nested: Mapping[str, NestedPackage] = MappingProxyType({}),
) -> dict[str, Any]:
    """The plan for nodes of which it is known where they run.

    Args:
        choices: in the manifest's order.
        options: of the run.
        grants: by default those of the options.
        python: interpreter and search path by id, of the nodes that run on the host's Python.
        signer_trusted: whether whoever signed the package is trusted.
        nested: the packages that nodes are, by id.
    """
    given = Grants.parse(options.allow) if grants is None else grants
    limits = {"timeout_s": options.timeout_s, "memory_mb": options.memory_mb}
    limits = {name: value for name, value in limits.items() if value is not None}
    plan = {
        "version": 1,
        "nodes": {
            choice.id: {
                "runtime": choice.runtime,
                "limits": limits,
                **policy_of(choice.id, options.on_error),
                "grants": list(given.of(choice.id)),
                **({"python": dict(python[choice.id])} if choice.id in python else {}),
                **({"pipeline": _package_plan(nested[choice.id])} if choice.id in nested else {}),
            }
            for choice in choices
        },
        "set": dict(options.settings),
        "input": options.input,
        "output": str(options.output) if options.output is not None else None,
        "packets": options.packets,
        "input_packets": options.input_packets or None,
        "pace": "live" if options.live else None,
        "seed": options.seed,
        "signer_trusted": signer_trusted or None,
        "metrics_interval_ms": options.metrics_interval_ms,
        "probe": options.probe or None,
        "checkpoint": options.checkpoints.plan() if options.checkpoints is not None else None,
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


def parse_policies(words: Iterable[str]) -> dict[str, str]:
    """`[NODE=]POLICY` words as a mapping from ids; "" is every other node.

    Raises:
        UsageError: RM701, a policy is none of `fail`, `skip` and `restart:N`.
    """
    policies: dict[str, str] = {}
    for word in words:
        node, _, policy = word.rpartition("=")
        if not re.fullmatch(r"fail|skip|restart:[0-9]{1,9}", policy):
            raise UsageError(
                f"expected `[NODE=]fail`, `skip` or `restart:N` for `--on-error`, got `{word}`", code="RM701"
            )
        policies[node] = policy
    return policies


def policy_of(node: str, policies: Mapping[str, str]) -> dict[str, str]:
    """The node's policy, if one was decided for it, or for a package that it is in, or for all, as its plan has it."""
    around = [node[:end] for end, letter in enumerate(node) if letter == "/"]
    policy = next((policies[it] for it in (node, *reversed(around), "") if it in policies), None)
    return {} if policy is None else {"on_error": policy}


def _package_plan(nested: NestedPackage) -> dict[str, Any]:
    package = nested.package
    plan = {
        "package": str(package.path.absolute()),
        "digest": package.digest,
        "signer_trusted": package.verdict.status == "trusted" or None,
        "node": nested.node,
    }
    return {name: value for name, value in plan.items() if value is not None}


def check_grants(words: Iterable[str]) -> tuple[str, ...]:
    """The grants as given, each of a kind that exists, with absolute directories."""
    return Grants.parse(words).words()


def check_granted(name: str, choices: Iterable[NodeChoice], grants: Grants) -> None:
    """Refuse to run a package that wants more than it was granted.

    Raises:
        TrustError: RM507, with what each node wants, why, and the flags that grant just that.
        UsageError: RM701, something was granted to a node that is not there.
    """
    nodes = list(choices)
    grants.check_nodes(choice.id for choice in nodes)
    missing = [
        {"node": choice.id, "grant": grant, "why": choice.wants[grant]}
        for choice in nodes
        for grant in grants.missing(choice.id, choice.wants)
    ]
    if not missing:
        return
    listed = ", ".join(f"`{it['grant']}` for `{it['node']}` ({it['why']})" for it in missing)
    words = (shlex.quote(f"{it['node']}:{it['grant']}") for it in missing)
    flags = " ".join(f"--allow {word}" for word in words)
    raise TrustError(
        f"package `{name}` wants {listed}, which it was not granted",
        code="RM507",
        hint=f"if you agree, run it again with `{flags}`; `remotemedia approve` remembers it",
        wants=missing,
    )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
