"""`remotemedia run`: a verified package, run in the sandbox."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import Annotated, Any

import typer

from remotemedia.cli._console import say, warn
from remotemedia.cli._observe import LogLevel, Wanted, observe
from remotemedia.cli._options import Mirrors, NetworkOptions, with_network
from remotemedia.cli._placements import show_plan
from remotemedia.cli._policy import PolicyFile
from remotemedia.cli._progress import transfer
from remotemedia.cli._run_options import (
    Allow,
    CheckpointEvery,
    CheckpointIn,
    Control,
    Explain,
    ExplainJson,
    Input,
    Live,
    Memory,
    Metrics,
    OnError,
    Output,
    Packets,
    Pull,
    Report,
    ResumeFrom,
    Runtimes,
    SecretSources,
    Settings,
    ShownLevel,
    Timeout,
    Timings,
    Watch,
)


@with_network
def run(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    input_: Input = None,
    output: Output = None,
    settings: Settings = None,
    secrets: SecretSources = None,
    allow: Allow = None,
    runtimes: Runtimes = None,
    on_error: OnError = None,
    live: Live = False,
    control: Control = None,
    timeout: Timeout = None,
    memory: Memory = None,
    packets: Packets = False,
    metrics: Metrics = None,
    report: Report = None,
    watch: Watch = False,
    log_level: ShownLevel = None,
    explain: Explain = False,
    checkpoint: CheckpointIn = None,
    checkpoint_every: CheckpointEvery = 5.0,
    resume: ResumeFrom = None,
    timings: Timings = False,
    policy: PolicyFile = None,
    pull: Pull = "missing",
    mirrors: Mirrors = None,
    network: NetworkOptions,
    as_json: ExplainJson = False,
) -> None:
    """Run a package; one that is not here is pulled, and its signature is verified each time."""
    from remotemedia.errors import UsageError
    from remotemedia.runtime._explain import explain_run
    from remotemedia.runtime._trust import Trust
    from remotemedia.runtime.home import home_directory
    from remotemedia.runtime.resolve import PullPolicy, Resolver
    from remotemedia.runtime.run import (
        Checkpoints,
        RunOptions,
        check_grants,
        parse_policies,
        parse_secrets,
        parse_settings,
        resolve_nested,
        run_package,
    )

    if pull not in list(PullPolicy):
        raise UsageError(f"expected `missing`, `always` or `never` for `--pull`, got `{pull}`", code="RM701")
    started = time.perf_counter()
    options = RunOptions(
        input=input_,
        output=output,
        settings=parse_settings(settings or ()),
        secrets=parse_secrets(secrets or (), os.environ),
        allow=check_grants(allow or ()),
        runtimes=tuple(runtimes or ()),
        offline=network.offline,
        on_error=parse_policies(on_error or ()),
        live=live,
        control=control,
        timeout_s=timeout,
        memory_mb=memory,
        packets=packets,
        checkpoints=Checkpoints.of(checkpoint=checkpoint, resume=resume, every_s=checkpoint_every),
    )
    trust = Trust.of(os.environ, policy=policy)
    resolver = Resolver(os.environ, network.network(mirrors), trust=trust)
    with transfer("pulling") as progress:
        found = resolver.resolve(package, pull=PullPolicy(pull), progress=progress)
        resolve = partial(resolver.within(found).resolve, pull=PullPolicy(pull), progress=progress)
        nested = resolve_nested(found, resolve)
    if found.verdict.warning:
        warn(found.verdict.warning)
    for name, it in nested.items():
        if it.package.verdict.warning:
            warn(f"node `{name}`: {it.package.verdict.warning}")
    if explain:
        show_plan(explain_run(found, options, home=home_directory(os.environ), nested=nested), as_json=as_json)
        return
    stages = [("verify", 1000 * (time.perf_counter() - started))]
    sys.stdout.flush()
    wanted = Wanted(metrics=metrics, report=report, watch=watch, level=log_level or _usual_level(trust.mode))
    packages = (found, *(it.package for it in nested.values()))
    watching = observe(found, options, wanted, verify_ms=stages[0][1], environ=os.environ)
    with watching as observed, resolver.minding(packages):
        observed.tell(lambda event: _note_stage(event, stages))
        run_package(
            found,
            observed.options,
            home=home_directory(os.environ),
            nested=nested,
            on_event=observed.take,
            on_plan=observed.take_plan,
            stdout=observed.stdout,
        )
    if timings:
        stages.append(("total", 1000 * (time.perf_counter() - started)))
        say("\n".join(f"{name:<14}{milliseconds:9.1f} ms" for name, milliseconds in stages))


def _usual_level(mode: str) -> LogLevel:
    """Who develops wants to see everything."""
    return LogLevel.DEBUG if mode == "development" else LogLevel.INFO


def _note_stage(event: dict[str, Any], stages: list[tuple[str, float]]) -> None:
    """Note when a stage was done, counted from the start of the executor."""
    if event["event"] == "stage":
        stages.append((event["name"], event["at_ms"]))
