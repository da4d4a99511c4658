"""A package, run: `run_package(resolver, "oci://…", RunOptions(input="recording.wav"))`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from remotemedia.runtime._plan import RunOptions, check_grants, make_plan, parse_settings
from remotemedia.runtime._secrets import parse_secrets
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["RunOptions", "check_grants", "parse_secrets", "parse_settings", "run_package"]


def run_package(
    package: ResolvedPackage,
    options: RunOptions,
    *,
    home: Path,
    on_event: Callable[[dict[str, Any]], None],
    stdout: int | IO[bytes] | None = None,
) -> None:
    """Run a verified package in an executor of its own; packets go to `stdout`, by default this process's.

    Raises:
        TrustError: RM507, the package wants what it was not granted.
        RemoteMediaError: what the executor reports, with its code.
    """
    plan = make_plan(package.config, options)
    executor = Executor.find()
    with tempfile.TemporaryDirectory(prefix="remotemedia-") as place:
        executor.run(
            package.path,
            package.digest,
            plan,
            directory=Path(place),
            home=home,
            on_event=on_event,
            stdout=stdout,
            secrets=options.secrets,
        )
