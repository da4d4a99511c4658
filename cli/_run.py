"""`remotemedia run`: a verified package, run in the sandbox."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from remotemedia.cli._console import say, warn
from remotemedia.cli._options import Offline, PlainHttp
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
        list[str] | None, typer.Option("--allow", help="Grant python, host, net=HOST:PORT, read=DIR or write=DIR.")
    ] = None,
    timeout: Annotated[float | None, typer.Option(min=0.001, help="Seconds that one call of a node may take.")] = None,
    memory: Annotated[int | None, typer.Option(min=1, help="Memory of each node, in MiB.")] = None,
    packets: Annotated[bool, typer.Option("--packets", help="Print times besides values.")] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Tell on stderr where the time went.")] = False,
    pull: Annotated[str, typer.Option(help="Ask the registry: missing, always or never.")] = "missing",
    offline: Offline = False,
    plain_http: PlainHttp = False,
) -> None:
    """Run a package; one that is not here is pulled, and its signature is verified each time."""
    from remotemedia.errors import UsageError
    from remotemedia.runtime.home import home_directory
    from remotemedia.runtime.network import Network
    from remotemedia.runtime.resolve import PullPolicy, Resolver
    from remotemedia.runtime.run import RunOptions, check_grants, parse_secrets, parse_settings, run_package

    if pull not in list(PullPolicy):
        raise UsageError(f"expected `missing`, `always` or `never` for `--pull`, got `{pull}`", code="RM701")
    started = time.perf_counter()
    options = RunOptions(
        input=input_,
        output=output,
        settings=parse_settings(settings or ()),
        secrets=parse_secrets(secrets or (), os.environ),
        allow=check_grants(allow or ()),
        timeout_s=timeout,
        memory_mb=memory,
        packets=packets,
    )
    resolver = Resolver(os.environ, Network(offline=offline, plain_http=plain_http))
    with transfer("pulling") as progress:
        found = resolver.resolve(package, pull=PullPolicy(pull), progress=progress)
    if found.verdict.warning:
        warn(found.verdict.warning)
    stages = [("verify", 1000 * (time.perf_counter() - started))]
    sys.stdout.flush()
    run_package(found, options, home=home_directory(os.environ), on_event=lambda event: _show(event, stages))
    if timings:
        stages.append(("total", 1000 * (time.perf_counter() - started)))
        say("\n".join(f"{name:<14}{milliseconds:9.1f} ms" for name, milliseconds in stages))


def _show(event: dict[str, Any], stages: list[tuple[str, float]]) -> None:
    """Tell what a node logs, and note when each stage was done, counted from the start of the executor."""
    if event["event"] == "log":
        say(f"[{event['node']}] {event['level']}: {event['message']}")
    elif event["event"] == "notice":
        say(event["message"])
    elif event["event"] == "stage":
        stages.append((event["name"], event["at_ms"]))
