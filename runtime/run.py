"""A package, run: `run_package(package, RunOptions(input="recording.wav"), home=home, on_event=print)`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from remotemedia.errors import UsageError
from remotemedia.runtime._approvals import Approvals
from remotemedia.runtime._checkpoint import Checkpoints
from remotemedia.runtime._choice import NodeChoice, choose
from remotemedia.runtime._envs import Environments
from remotemedia.runtime._grants import Grants
from remotemedia.runtime._plan import RunOptions, check_granted, check_grants, make_plan, parse_policies, parse_settings
from remotemedia.runtime._secrets import parse_secrets
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.resolve import ResolvedPackage

__all__ = [
    "Checkpoints",
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
    "run_package",
]


def run_package(
    package: ResolvedPackage,
    options: RunOptions,
    *,
    home: Path,
    on_event: Callable[[dict[str, Any]], None],
    on_plan: Callable[[dict[str, Any]], None] = lambda _plan: None,
    stdout: int | IO[bytes] | None = None,
) -> None:
    """Run a verified package in an executor of its own; packets go to `stdout`, by default this process's.

    `on_plan` is called with the plan before anything starts.

    Raises:
        TrustError: RM507, the package wants what it was not granted; RM509, a node cannot run where it was asked to.
        UsageError: RM701, a policy is for a node that is not there.
        RemoteMediaError: RM508, RM510, or what the executor reports, with its code.
    """
    choices = choose(package, options.runtimes)
    unknown = sorted(set(options.on_error) - {"", *(choice.id for choice in choices)})
    if unknown:
        raise UsageError(f"expected a node of the package for `--on-error`, got `{unknown[0]}`", code="RM701")
    grants, remembered = granted(package, options.allow, home)
    check_granted(package.config["name"], choices, grants)

    def notice(message: str) -> None:
        on_event({"event": "notice", "message": message, "at_ms": 0.0})

    if remembered:
        notice(f"granted as approved before: {', '.join(remembered)}")
    executor = Executor.find()
    hosted = [choice.id for choice in choices if choice.runtime == "python"]
    with (
        Environments(home).python_of(package, hosted, offline=options.offline, notice=notice) as python,
        tempfile.TemporaryDirectory(prefix="remotemedia-") as place,
    ):
        plan = make_plan(
            choices, options, grants=grants, python=python, signer_trusted=package.verdict.status == "trusted"
        )
        on_plan(plan)
        executor.run(
            package.path,
            package.digest,
            plan,
            directory=Path(place),
            home=home,
            on_event=on_event,
            stdout=stdout,
            secrets=options.secrets,
            control=options.control,
        )


def granted(package: ResolvedPackage, words: tuple[str, ...], home: Path) -> tuple[Grants, tuple[str, ...]]:
    """Return what a package is granted now and was granted before, and the words of the latter."""
    remembered = Approvals(home).of(package.digest)
    return Grants.parse(words) + Grants.parse(remembered), remembered
