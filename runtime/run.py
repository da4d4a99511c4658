"""A package, run: `run_package(package, RunOptions(input="recording.wav"), home=home, on_event=print)`."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from remotemedia.errors import UsageError
from remotemedia.runtime._checkpoint import Checkpoints
from remotemedia.runtime._choice import NodeChoice, choose, with_programs
from remotemedia.runtime._envs import Environments
from remotemedia.runtime._granted import granted
from remotemedia.runtime._grants import package_of
from remotemedia.runtime._nested import NestedPackage, resolve_nested
from remotemedia.runtime._plan import RunOptions, check_granted, check_grants, make_plan, parse_policies, parse_settings
from remotemedia.runtime._secrets import parse_secrets
from remotemedia.runtime._strict import check_strictly
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.resolve import ResolvedPackage
from remotemedia.trust import Mode

__all__ = [
    "Checkpoints",
    "NestedPackage",
    "NodeChoice",
    "RunOptions",
    "check_granted",
    "check_grants",
    "choose",
    "granted",
    "make_plan",
    "parse_policies",
    "parse_secrets",
    "parse_settings",
    "resolve_nested",
    "run_package",
    "with_programs",
]


def run_package(
    package: ResolvedPackage,
    options: RunOptions,
    *,
    home: Path,
    nested: Mapping[str, NestedPackage] = MappingProxyType({}),
    on_event: Callable[[dict[str, Any]], None],
    on_plan: Callable[[dict[str, Any]], None] = lambda _plan: None,
    stdin: IO[bytes] | None = None,
    stdout: int | IO[bytes] | None = None,
    on_start: Callable[[subprocess.Popen[bytes]], None] = lambda _child: None,
) -> None:
    """Run a verified package in an executor of its own; packets go to `stdout`, by default this process's.

    `nested` are the packages that nodes of it are (`resolve_nested`). `on_plan` is called with the plan before anything
    starts, `on_start` with the executor's process. The input `-` is read from `stdin`.

    Raises:
        TrustError: RM507, the package wants what it was not granted; RM509, a node cannot run where it was asked to;
            RM518, it is not fit for production.
        UsageError: RM701, a policy is for a node that is not there.
        RemoteMediaError: RM508, RM510, or what the executor reports, with its code.
    """
    choices = choose(package, options.runtimes, nested=nested)
    unknown = sorted(set(options.on_error) - {"", *(choice.id for choice in choices)})
    if unknown:
        raise UsageError(f"expected a node of the package for `--on-error`, got `{unknown[0]}`", code="RM701")
    grants, notices = granted(package, options.allow, home, choices=choices, nested=nested)
    choices = with_programs(choices, grants)
    check_granted(package.config["name"], choices, grants)
    if package.mode is Mode.PRODUCTION:
        check_strictly(package, nested)

    def notice(message: str) -> None:
        on_event({"event": "notice", "message": message, "at_ms": 0.0})

    for message in notices:
        notice(message)
    executor, environments = Executor.find(), Environments(home)
    with (
        ExitStack() as held,
        tempfile.TemporaryDirectory(prefix="remotemedia-") as place,
    ):
        python = {
            node: interpreter
            for it, hosted in _hosted(package, choices, nested)
            for node, interpreter in held.enter_context(
                environments.python_of(it, hosted, offline=options.offline, notice=notice)
            ).items()
        }
        is_trusted = package.verdict.status == "trusted"
        plan = make_plan(choices, options, grants=grants, python=python, signer_trusted=is_trusted, nested=nested)
        on_plan(plan)
        executor.run(
            package.path,
            package.digest,
            plan,
            directory=Path(place),
            home=home,
            on_event=on_event,
            stdin=stdin,
            stdout=stdout,
            on_start=on_start,
            secrets=options.secrets,
            control=options.control,
        )


def _hosted(
    package: ResolvedPackage, choices: Sequence[NodeChoice], nested: Mapping[str, NestedPackage]
) -> Iterator[tuple[ResolvedPackage, list[str]]]:
    """Give every package with those of its nodes that run on the host's Python."""
    for name, it in (None, package), *((name, it.package) for name, it in nested.items()):
        yield it, [node.id for node in choices if node.runtime == "python" and package_of(node.id, nested) == name]
