"""Options of `remotemedia run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remotemedia.cli._observe import LogLevel

Input = Annotated[str | None, typer.Option("--input", "-i", help="wav, flac, mp3, ogg, npy or JSON lines; - is stdin.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="A .wav file, or JSON lines; by default stdout.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="NODE.PARAM=VALUE or NAME=VALUE.")]
SecretSources = Annotated[list[str] | None, typer.Option("--secret", help="NAME=env:VARIABLE or NAME=file:PATH.")]
Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", help="Grant [NODE:]program, python, host, net=HOST:PORT, read=DIR …"),
]
Runtimes = Annotated[list[str] | None, typer.Option("--runtime", help="NODE=KIND, or KIND for all nodes that can.")]
OnError = Annotated[list[str] | None, typer.Option("--on-error", help="[NODE=]POLICY: fail, skip or restart:N.")]
Live = Annotated[bool, typer.Option("--live", help="Take packets at their times, not as fast as can be.")]
Control = Annotated[
    str | None,
    typer.Option(help="Follow a file or FIFO of JSON lines that steer the run; - is stdin.", metavar="FILE"),
]
Timeout = Annotated[float | None, typer.Option(min=0.001, help="Seconds that one call of a node may take.")]
Memory = Annotated[int | None, typer.Option(min=1, help="Memory of each node, in MiB.")]
Packets = Annotated[bool, typer.Option("--packets", help="Print times besides values.")]
Metrics = Annotated[Path | None, typer.Option(help="Write counts and times of nodes and edges to a JSON file.")]
Report = Annotated[Path | None, typer.Option(help="Write a picture of the run to an HTML file.")]
Watch = Annotated[bool, typer.Option("--watch", help="Show figures on stderr while it runs.")]
ShownLevel = Annotated[
    LogLevel | None,
    typer.Option(help="Show log lines of nodes from this level on; by default debug in development, else info."),
]
Explain = Annotated[bool, typer.Option("--explain", help="Print what each node would get, and why, instead.")]
CheckpointIn = Annotated[
    Path | None, typer.Option(help="Note in a directory how far the run is, so that it can go on.", metavar="DIR")
]
CheckpointEvery = Annotated[float, typer.Option(min=0.001, help="Seconds from one checkpoint to the next.")]
ResumeFrom = Annotated[
    Path | None, typer.Option(help="Go on with the run that was noted in a directory.", metavar="DIR")
]
Timings = Annotated[bool, typer.Option("--timings", help="Tell on stderr where the time went.")]
Pull = Annotated[str, typer.Option(help="When to ask the registry.", metavar="missing|always|never")]
ExplainJson = Annotated[bool, typer.Option("--json", help="With --explain, print JSON.")]
