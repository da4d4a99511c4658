"""What `remotemedia run` does in turn: fetch, execute, tell where the time went."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remotemedia.cli._console import say
from remotemedia.cli._digests import in_full
from remotemedia.cli._observe import LogLevel, Wanted, observe
from remotemedia.cli._progress import transfer
from remotemedia.cli._signature import warn_of_signers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from remotemedia.runtime.network import Network
    from remotemedia.runtime.resolve import ResolvedPackage, Resolver
    from remotemedia.runtime.run import NestedPackage, RunOptions

__all__ = ["Fetched", "Stages", "execute", "fetch"]


@dataclass(frozen=True)
class Fetched:
    """A verified package, and those that nodes of it are."""

    package: ResolvedPackage
    nested: Mapping[str, NestedPackage]
    resolver: Resolver

    @property
    def usual_level(self) -> LogLevel:
        """The log lines that are shown unless the user says otherwise: who develops wants to see everything."""
        return LogLevel.DEBUG if self.package.mode == "development" else LogLevel.INFO


class Stages:
    """When which stage of a run was done."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._done: list[tuple[str, float]] = []

    def note(self, name: str) -> float:
        """Note that a stage is done; the milliseconds since the beginning."""
        self._done.append((name, 1000 * (time.perf_counter() - self._started)))
        return self._done[-1][1]

    def take(self, event: dict[str, Any]) -> None:
        """Note a stage of the executor, which counts from its own start."""
        if event["event"] == "stage":
            self._done.append((event["name"], event["at_ms"]))

    def show(self) -> None:
        """Tell the person who runs it."""
        self.note("total")
        say("\n".join(f"{name:<14}{milliseconds:9.1f} ms" for name, milliseconds in self._done))


def fetch(reference: str, *, pull: str, policy: Path | None, network: Network) -> Fetched:
    """Find a package and those that nodes of it are, and verify them; warn of signers that are not trusted.

    Raises:
        UsageError: RM701, there is no such way to pull.
        RemoteMediaError: one cannot be found, or is not authentic.
    """
    from remotemedia.errors import UsageError
    from remotemedia.runtime._trust import Trust
    from remotemedia.runtime.resolve import PullPolicy, Resolver

    if pull not in list(PullPolicy):
        raise UsageError(f"expected `missing`, `always` or `never` for `--pull`, got `{pull}`", code="RM701")
    resolver = Resolver(os.environ, network, trust=Trust.of(os.environ, policy=policy))
    with transfer("pulling") as progress:
        package, nested = resolver.resolve_all(in_full(reference), pull=PullPolicy(pull), progress=progress)
    warn_of_signers(package, nested)
    return Fetched(package, nested, resolver)


def execute(fetched: Fetched, options: RunOptions, wanted: Wanted, stages: Stages) -> None:
    """Run a package, and bring what it tells to where its user wants it."""
    from remotemedia.runtime.home import home_directory
    from remotemedia.runtime.run import run_package

    sys.stdout.flush()
    packages = (fetched.package, *(it.package for it in fetched.nested.values()))
    watching = observe(fetched.package, options, wanted, verify_ms=stages.note("verify"), environ=os.environ)
    with watching as observed, fetched.resolver.minding(packages):
        observed.tell(stages.take)
        run_package(
            fetched.package,
            observed.options,
            home=home_directory(os.environ),
            nested=fetched.nested,
            on_event=observed.take,
            on_plan=observed.take_plan,
            stdout=observed.stdout,
        )
