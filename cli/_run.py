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
from remotemedia.cli._options import Offline, PlainHttp
from remotemedia.cli._placements import show_plan
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
    log_level: ShownLevel = LogLevel.INFO,
    explain: Explain = False,
    checkpoint: CheckpointIn = None,
    checkpoint_every: CheckpointEvery = 5.0,
    resume: ResumeFrom = None,
    timings: Timings = False,
    pull: Pull = "missing",
    offline: Offline = False,
    plain_http: PlainHttp = False,
    as_json: ExplainJson = False,
) -> None:
    """Run a package; one that is not here is pulled, and its signature is verified each time."""
    from remotemedia.errors import UsageError
    from remotemedia.runtime._explain import explain_run
    from remotemedia.runtime.home import home_directory
    from remotemedia.runtime.network import Network
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
        offline=offline,
        on_error=parse_policies(on_error or ()),
        live=live,
        control=control,
        timeout_s=timeout,
        memory_mb=memory,
        packets=packets,
        checkpoints=Checkpoints.of(checkpoint=checkpoint, resume=resume, every_s=checkpoint_every),
    )
    resolver = Resolver(os.environ, Network(offline=offline, plain_http=plain_http))
    with transfer("pulling") as progress:
        resolve = partial(resolver.resolve, pull=PullPolicy(pull), progress=progress)
        found = resolve(package)
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
    wanted = Wanted(metrics=metrics, report=report, watch=watch, level=log_level)
    with observe(found, options, wanted, verify_ms=stages[0][1], environ=os.environ) as observed:
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


def _note_stage(event: dict[str, Any], stages: list[tuple[str, float]]) -> None:
    """Note when a stage was done, counted from the start of the executor."""
    if event["event"] == "stage":
        stages.append((event["name"], event["at_ms"]))
