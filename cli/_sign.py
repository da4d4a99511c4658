"""`remotemedia sign`: further statements about a package that is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from remotemedia.cli._console import report, warn
from remotemedia.cli._given import read_given
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._signature import plain
from remotemedia.cli._signing_options import SIGNING, SignerOptions, with_signer


@with_network
@with_signer
def sign(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--key",
            help="A key of yours by NAME, a FILE, or exec:COMMAND; repeatable. Default: your own (REMOTEMEDIA_KEY).",
            rich_help_panel=SIGNING,
        ),
    ] = None,
    signer: SignerOptions,
    provenance: Annotated[
        Path | None,
        typer.Option(
            "--provenance",
            help="State where it was built too: what `build --provenance` wrote. You vouch for it.",
            metavar="FILE",
        ),
    ] = None,
    sbom: Annotated[bool, typer.Option("--sbom", help="State what is in it too: its bill of materials.")] = False,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Sign a package where it is; signatures that it has stay."""
    from remotemedia.registry import Scheme
    from remotemedia.runtime._signers import SigningOptions, open_signers
    from remotemedia.runtime._signing import Attestations, sign_package
    from remotemedia.trust import SBOM_PREDICATE

    attestations = Attestations(
        sbom=sbom, provenance=read_given(provenance, "a statement") if provenance is not None else None
    )
    options, net = SigningOptions(keys=tuple(keys or ()), **signer.signing), network.network()
    signers = open_signers(options, environ=os.environ, network=net, password=signer.password)
    reference = net.parse(package)
    if reference.scheme is Scheme.REGISTRY and reference.digest is None:
        warn("a tag may point to another package tomorrow; what it points to now is signed")
    signed = sign_package(package, [it.attest for it in signers], network=net, attestations=attestations)
    names = [it.name for it in signers]
    builder = signed.builder
    fields = {
        "reference": package,
        "digest": signed.digest,
        "signers": names,
        "added": signed.added,
        "predicates": [*signed.stated],
        "builder": builder,
    }
    lines = [signed.digest, f"signed by {' and '.join(names)}{'' if signed.added else ' before; nothing is added'}"]
    lines += [f"  stated: built by {plain(builder)}"] if builder is not None else []
    lines += ["  stated: its bill of materials"] if SBOM_PREDICATE in signed.stated else []
    report(fields, "\n".join(lines), as_json=as_json)
