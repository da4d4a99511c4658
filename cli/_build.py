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
from remotemedia.cli._password import PasswordStdin, password_source
from remotemedia.cli._sign import Certificate, IdentityToken, Keyless, TimestampUrl, TrustConfig, token_of

if TYPE_CHECKING:
    from remotemedia.runtime._rebuild import Rebuilt
    from remotemedia.runtime.network import Network
    from remotemedia.runtime.publish import BuildRequest

_LAYOUT = "oci-layout:"


@with_network
def build(
    source: Source,
    arguments: Arguments = None,
    *,
    output: Annotated[
        str, typer.Option("--output", "-o", help="Directory that takes the package, or oci-layout:PATH[:TAG].")
    ] = ".",
    pipeline: PipelineName = None,
    trace: Trace = False,
    no_cache: NoCache = False,
    version: Annotated[str, typer.Option(help="Version of the package, its tag inside the file.")] = "0.0.0",
    key: Annotated[
        str | None, typer.Option(metavar="FILE|NAME|exec:COMMAND", help="Private key that signs; by default your own.")
    ] = None,
    certificate: Certificate = None,
    keyless: Keyless = False,
    identity_token: IdentityToken = None,
    trust_config: TrustConfig = None,
    timestamp_url: TimestampUrl = None,
    password_stdin: PasswordStdin = False,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Do not sign.")] = False,
    lock: Annotated[
        bool, typer.Option("--lock", help="Pin every package that a node is to what its reference means now.")
    ] = False,
    lock_python: Annotated[
        bool, typer.Option("--lock-python", help="Ask pip's index for hashes that no lock file has.")
    ] = False,
    vendor_wheels: Annotated[
        bool, typer.Option("--vendor-wheels", help="Pack the wheels that nodes on the host's Python need.")
    ] = False,
    check: Annotated[
        str | None, typer.Option("--check", metavar="REF", help="Write nothing; compare with the package at REF.")
    ] = None,
    optimize: Optimize = None,
    max_error: MaxError = None,
    calibration: Calibration = None,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Build a package; none of the pipeline's code is run, unless --trace asks for it."""
    from remotemedia.runtime.program import Reading
    from remotemedia.runtime.publish import request_of

    net = network.network()
    request = request_of(
        os.environ,
        reading=Reading(pipeline, trace, arguments or (), cached=not no_cache),
        password=password_source(stdin=password_stdin),
        network=net,
        version=version,
        key=key,
        certificate=certificate,
        keyless=keyless,
        identity_token=token_of(identity_token),
        trust_config=trust_config,
        timestamp_url=timestamp_url,
        unsigned=unsigned or check is not None,
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


def _build(source: Path, output: str, request: BuildRequest, network: Network, *, as_json: bool) -> None:
    from remotemedia.runtime.publish import build_and_push, build_package

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
    from remotemedia.errors import PackageError

    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PackageError(
            f"expected `{directory}` to be a directory, or to make one: {(error.strerror or '').lower()}",
            code="RM307",
            hint="name another one with `--output`",
        ) from error
