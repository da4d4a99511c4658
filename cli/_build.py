"""`remotemedia build`: a pipeline becomes a signed package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from remotemedia.cli._compile import Arguments, NoCache, PipelineName, Source, Trace
from remotemedia.cli._console import report, size, status, warn
from remotemedia.cli._options import Json


def build(
    source: Source,
    arguments: Arguments = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Directory that takes the package.")] = Path(),
    pipeline: PipelineName = None,
    trace: Trace = False,
    no_cache: NoCache = False,
    version: Annotated[str, typer.Option(help="Version of the package, its tag inside the file.")] = "0.0.0",
    key: Annotated[Path | None, typer.Option(help="Private key that signs; by default your own.")] = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Do not sign.")] = False,
    lock_python: Annotated[
        bool, typer.Option("--lock-python", help="Ask pip's index for hashes that no lock file has.")
    ] = False,
    vendor_wheels: Annotated[
        bool, typer.Option("--vendor-wheels", help="Pack the wheels that nodes on the host's Python need.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Build a package; none of the pipeline's code is run, unless --trace asks for it."""
    from remotemedia.runtime._wheels import WheelPolicy
    from remotemedia.runtime.program import Reading
    from remotemedia.runtime.publish import build_package, signing_key

    reading = Reading(pipeline, trace, arguments or (), cached=not no_cache)
    signer = None if unsigned else signing_key(os.environ, key)
    _make(output)
    with status("building …"):
        built = build_package(
            source,
            output,
            environ=os.environ,
            reading=reading,
            key=signer,
            version=version,
            wheels=WheelPolicy.VENDOR if vendor_wheels else WheelPolicy.LOCK if lock_python else WheelPolicy.NONE,
        )
    for warning in built.warnings:
        warn(warning)
    fields = {
        "path": str(built.path),
        "digest": built.digest,
        "name": built.name,
        "size": built.size,
        "runtimes": dict(built.runtimes),
        "signer": signer.public.fingerprint if signer else None,
        "warnings": list(built.warnings),
    }
    signed = f"signed by {signer.public.fingerprint}" if signer else "not signed"
    report(fields, f"{built.path}  {size(built.size)}\n{built.digest}\n{signed}", as_json=as_json)


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
