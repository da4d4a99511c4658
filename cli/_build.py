"""`remotemedia build`: a pipeline becomes a signed package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remotemedia.cli._compile import Arguments, NoCache, PipelineName, Source, Trace
from remotemedia.cli._console import report, say, size, status, warn
from remotemedia.cli._optimize import Calibration, MaxError, Optimize, optimized_fields, optimized_table
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._signing_options import SIGNING, SignerOptions, with_signer

if TYPE_CHECKING:
    from remotemedia.runtime._rebuild import Rebuilt
    from remotemedia.runtime.network import Network
    from remotemedia.runtime.publish import BuildRequest

_LAYOUT = "oci-layout:"


Output = Annotated[
    str, typer.Option("--output", "-o", help="Directory that takes the package, or oci-layout:PATH[:TAG].")
]
Version = Annotated[str, typer.Option(help="Version of the package, its tag inside the file.")]
Key = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|NAME|exec:COMMAND",
        help="Private key that signs; by default your own (REMOTEMEDIA_KEY).",
        rich_help_panel=SIGNING,
    ),
]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Do not sign.", rich_help_panel=SIGNING)]
Provenance = Annotated[
    Path | None,
    typer.Option(
        "--provenance", help="Write down, unsigned, where it was built, for `sign --provenance`.", metavar="FILE"
    ),
]
Lock = Annotated[bool, typer.Option("--lock", help="Pin every package that a node is to what its reference means now.")]
LockPython = Annotated[bool, typer.Option("--lock-python", help="Ask pip's index for hashes that no lock file has.")]
VendorWheels = Annotated[
    bool, typer.Option("--vendor-wheels", help="Pack the wheels that nodes on the host's Python need.")
]
Check = Annotated[
    str | None, typer.Option("--check", metavar="REF", help="Write nothing; compare with the package at REF.")
]


@with_network
@with_signer
def build(
    source: Source,
    arguments: Arguments = None,
    *,
    output: Output = ".",
    pipeline: PipelineName = None,
    trace: Trace = False,
    no_cache: NoCache = False,
    version: Version = "0.0.0",
    key: Key = None,
    signer: SignerOptions,
    unsigned: Unsigned = False,
    provenance: Provenance = None,
    lock: Lock = False,
    lock_python: LockPython = False,
    vendor_wheels: VendorWheels = False,
    check: Check = None,
    optimize: Optimize = None,
    max_error: MaxError = None,
    calibration: Calibration = None,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Build a package; none of the pipeline's code is run, unless --trace asks for it."""
    from remotemedia.errors import UsageError
    from remotemedia.runtime.program import Reading
    from remotemedia.runtime.publish import request_of

    if check is not None and provenance is not None:
        raise UsageError("expected `--check` or `--provenance`, got both", code="RM701", hint="--check writes nothing")
    if check is not None or unsigned:
        _expect_no_signer("--unsigned" if check is None else "--check", key, signer)
    net = network.network()
    request = request_of(
        os.environ,
        reading=Reading(pipeline, trace, arguments or (), cached=not no_cache),
        password=signer.password,
        network=net,
        version=version,
        key=key,
        **signer.signing,
        unsigned=unsigned or check is not None,
        provenance=provenance,
        lock=lock,
        lock_python=lock_python,
        vendor_wheels=vendor_wheels,
        optimize=optimize,
        max_error=max_error,
        calibration=calibration,
    )
    if check is not None:
        _compare(source, check, request, net, as_json=as_json)
    else:
        _build(source, output, request, net, as_json=as_json)


def _expect_no_signer(because: str, key: str | None, signer: SignerOptions) -> None:
    from remotemedia.errors import UsageError
    from remotemedia.runtime._signers import SigningOptions

    SigningOptions(keys=() if key is None else (key,), **signer.signing).expect_none(because)
    if signer.password_stdin:
        raise UsageError(f"expected no `--password-stdin` with `{because}`, by which nothing is signed", code="RM701")


def _build(source: Path, output: str, request: BuildRequest, network: Network, *, as_json: bool) -> None:
    from remotemedia.errors import UsageError
    from remotemedia.runtime.publish import build_and_push, build_package

    if "://" in output:
        raise UsageError(
            f"expected a directory or `{_LAYOUT}PATH[:TAG]` for `--output`, got `{output}`",
            code="RM701",
            hint=f"build it, and then `remotemedia push {output}`",
        )
    with status("building …" if request.optimize is None else "making models smaller, and building …"):
        if output.startswith(_LAYOUT):
            built, target = build_and_push(source, output, environ=os.environ, request=request, network=network)
            place = target.canonical
        else:
            _make(Path(output))
            built = build_package(source, Path(output), environ=os.environ, request=request, network=network)
            place = str(built.path)
    for warning in built.warnings:
        warn(warning)
    signer = request.signer
    fields = {
        "path": place,
        "digest": built.digest,
        "name": built.name,
        "size": built.size,
        "runtimes": dict(built.runtimes),
        "signer": (signer.fingerprint or signer.name) if signer else None,
        "warnings": list(built.warnings),
        **optimized_fields(built.optimized),
    }
    signed = f"signed by {signer.name}" if signer else "not signed"
    if built.optimized is not None:
        say(optimized_table(built.optimized))
    report(fields, f"{place}  {size(built.size)}\n{built.digest}\n{signed}", as_json=as_json)


def _compare(source: Path, reference: str, request: BuildRequest, network: Network, *, as_json: bool) -> None:
    from remotemedia.runtime._rebuild import rebuild

    with status("building again …"):
        found = rebuild(source, reference, environ=os.environ, request=request, network=network)
    for warning in found.warnings:
        warn(warning)
    fields = {
        "reference": reference,
        "digest": found.digest,
        "rebuilt": found.rebuilt,
        "same": found.is_same,
        "differences": [difference.to_json() for difference in found.differences],
    }
    report(fields, _told(reference, found), as_json=as_json)
    if not found.is_same:
        raise typer.Exit(1)


def _told(reference: str, found: Rebuilt) -> str:
    if found.is_same:
        return f"{reference} is what `{found.source}` gives\n{found.digest}"
    width = max(len(difference.part) for difference in found.differences)
    rows = [f"  {it.part:<{width}}  {it.how}" for it in found.differences]
    head = [f"{reference} is not what `{found.source}` gives", f"  there  {found.digest}", f"  here   {found.rebuilt}"]
    return "\n".join([*head, "", *rows, *([f"\n{found.hint}"] if found.hint else [])])


def _make(directory: Path) -> None:
    from remotemedia.packager import writing

    with writing(directory, hint="name another one with `--output`"):
        directory.mkdir(parents=True, exist_ok=True)
