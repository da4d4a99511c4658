"""`remotemedia run`: a verified package, run in the sandbox."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from remotemedia.cli._observe import Wanted
from remotemedia.cli._options import NetworkOptions, with_network
from remotemedia.cli._placements import show_plan
from remotemedia.cli._policy import PolicyFile
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
from remotemedia.cli._run_steps import Stages, execute, fetch


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
    network: NetworkOptions,
    as_json: ExplainJson = False,
) -> None:
    """Run a package; one that is not here is pulled, and its signature is verified each time."""
    from remotemedia.runtime import run as asked
    from remotemedia.runtime._explain import explain_run
    from remotemedia.runtime.home import home_directory

    stages = Stages()
    options = asked.RunOptions(
        input=input_,
        output=output,
        settings=asked.parse_settings(settings or ()),
        secrets=asked.parse_secrets(secrets or (), os.environ),
        allow=asked.check_grants(allow or ()),
        runtimes=tuple(runtimes or ()),
        offline=network.offline,
        on_error=asked.parse_policies(on_error or ()),
        live=live,
        control=control,
        timeout_s=timeout,
        memory_mb=memory,
        packets=packets,
        checkpoints=asked.Checkpoints.of(checkpoint=checkpoint, resume=resume, every_s=checkpoint_every),
    )
    found = fetch(package, pull=pull, policy=policy, network=network.network())
    if explain:
        plan = explain_run(found.package, options, home=home_directory(os.environ), nested=found.nested)
        show_plan(plan, as_json=as_json)
        return
    wanted = Wanted(metrics=metrics, report=report, watch=watch, level=log_level or found.usual_level)
    execute(found, options, wanted, stages)
    if timings:
        stages.show()
