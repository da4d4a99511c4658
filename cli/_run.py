"""`remotemedia run`: a verified package, run in the sandbox."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from remotemedia.cli._console import say, warn
from remotemedia.cli._observe import LogLevel, Wanted, observe
from remotemedia.cli._options import Offline, PlainHttp
from remotemedia.cli._placements import show_plan
from remotemedia.cli._progress import transfer


def run(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    input_: Annotated[
        str | None, typer.Option("--input", "-i", help="wav, flac, mp3, ogg, npy or JSON lines; - is stdin.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .wav file, or JSON lines; by default stdout.")
    ] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="NODE.PARAM=VALUE or NAME=VALUE.")] = None,
    secrets: Annotated[list[str] | None, typer.Option("--secret", help="NAME=env:VARIABLE or NAME=file:PATH.")] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", help="Grant [NODE:]python, host, net=HOST:PORT, read=DIR …"),
    ] = None,
    runtimes: Annotated[
        list[str] | None, typer.Option("--runtime", help="NODE=KIND, or KIND for all nodes that can.")
    ] = None,
    on_error: Annotated[
        list[str] | None, typer.Option("--on-error", help="[NODE=]POLICY: fail, skip or restart:N.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Take packets at their times, not as fast as can be.")] = False,
    control: Annotated[
        str | None,
        typer.Option(help="Follow a file or FIFO of JSON lines that steer the run; - is stdin.", metavar="FILE"),
    ] = None,
    timeout: Annotated[float | None, typer.Option(min=0.001, help="Seconds that one call of a node may take.")] = None,
    memory: Annotated[int | None, typer.Option(min=1, help="Memory of each node, in MiB.")] = None,
    packets: Annotated[bool, typer.Option("--packets", help="Print times besides values.")] = False,
    metrics: Annotated[
        Path | None, typer.Option(help="Write counts and times of nodes and edges to a JSON file.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a picture of the run to an HTML file.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show figures on stderr while it runs.")] = False,
    log_level: Annotated[LogLevel, typer.Option(help="Show log lines of nodes from this level on.")] = LogLevel.INFO,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print what each node would get, and why, instead.")
    ] = False,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Note in a directory how far the run is, so that it can go on.", metavar="DIR")
    ] = None,
    checkpoint_every: Annotated[float, typer.Option(min=0.001, help="Seconds from one checkpoint to the next.")] = 5.0,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run that was noted in a directory.", metavar="DIR")
    ] = None,
    timings: Annotated[bool, typer.Option("--timings", help="Tell on stderr where the time went.")] = False,
    pull: Annotated[str, typer.Option(help="Ask the registry: missing, always or never.")] = "missing",
    offline: Offline = False,
    plain_http: PlainHttp = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --explain, print JSON.")] = False,
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
