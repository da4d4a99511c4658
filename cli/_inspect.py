"""`remotemedia inspect`: what a package is, says of itself and wants."""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from remotemedia._graph_text import Form
from remotemedia.cli._attested import (
    provenance_fields,
    provenance_line,
    provenance_statement,
    sbom_fields,
    sbom_line,
)
from remotemedia.cli._console import report, size, warn
from remotemedia.cli._digests import in_full
from remotemedia.cli._graph import graph_of
from remotemedia.cli._options import Json, NetworkOptions, with_network
from remotemedia.cli._placements import placement_table
from remotemedia.cli._signature import plain, signature_line, signer_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from remotemedia.errors import TrustError
    from remotemedia.runtime.resolve import ResolvedPackage, Resolver
    from remotemedia.runtime.run import NestedPackage

_SBOM: Final = "meta/sbom.cdx.json"


# What stands in a package's files is not read for a look at it, and a run refuses what was changed.
_ADMITTED: Final = "yes, if its files are whole (`remotemedia verify` hashes them)"


@with_network
def inspect(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    manifest: Annotated[bool, typer.Option("--manifest", help="Print the pipeline's manifest alone.")] = False,
    sbom: Annotated[bool, typer.Option("--sbom", help="Print the bill of materials alone (CycloneDX).")] = False,
    provenance: Annotated[bool, typer.Option("--provenance", help="Print the signed provenance alone (SLSA).")] = False,
    graph: Annotated[Form | None, typer.Option(help="Print the graph alone.")] = None,
    network: NetworkOptions,
    as_json: Json = False,
) -> None:
    """Show a package's nodes, wants, signature and provenance.

    Of one that is not here only the documents are fetched, and nothing of it is kept.
    """
    from remotemedia.runtime._trust import Trust
    from remotemedia.runtime.resolve import Resolver

    net, trust = network.network(), Trust.of(os.environ)
    resolver = Resolver(os.environ, net, trust=trust.undecided())
    with TemporaryDirectory(prefix="remotemedia-") as directory:
        found = resolver.look(in_full(package), Path(directory))
        if manifest or sbom:
            _print(found.document("manifest.json" if manifest else _SBOM))
        elif provenance:
            _print(provenance_statement(found.verdict))
        elif graph is not None:
            sys.stdout.write(graph_of(found, graph) + "\n")
        else:
            objection = _objection(Resolver(os.environ, net, trust=trust), found)
            nested = _nested(found, resolver, Path(directory))
            fields = _fields(found, nested, objection)
            report(fields, _text(found, fields, nested), as_json=as_json)


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _fields(
    found: ResolvedPackage, nested: Mapping[str, NestedPackage], objection: TrustError | None
) -> dict[str, Any]:
    from remotemedia.runtime.resolve import ENVIRONMENT
    from remotemedia.schemas.package import EnvironmentDocument, ProvenanceDocument, RuntimeDocument

    runtime, stated = _document(found, "meta/runtime.json", RuntimeDocument), found.document("manifest.json")
    return {
        "reference": str(found.reference),
        "digest": found.digest,
        "config": dict(found.config),
        "files": [{"path": it.title, "size": it.size, "digest": it.digest} for it in found.manifest.layers],
        "signature": _signature(found),
        "admitted": objection is None,
        "objection": {"code": objection.code, "message": objection.message} if objection else None,
        "provenance": _document(found, "meta/provenance.json", ProvenanceDocument),
        "signed_provenance": provenance_fields(found.verdict),
        "sbom": sbom_fields(found.verdict, found.document(_SBOM)),
        "nodes": [row for node in runtime["nodes"] for row in (node, *_rows_within(node["id"], nested))],
        "packages": [
            {
                "node": name,
                "reference": str(it.package.reference),
                "digest": it.package.digest,
                "signature": _signature(it.package),
            }
            for name, it in nested.items()
        ],
        "dependencies": runtime["dependencies"],
        "distributions": runtime["distributions"],
        "environment": _document(found, ENVIRONMENT, EnvironmentDocument) if found.has(ENVIRONMENT) else None,
        "parameters": stated.get("parameters", {}),
        "secrets": stated.get("secrets", []),
    }


def _document(found: ResolvedPackage, title: str, form: type[BaseModel]) -> dict[str, Any]:
    """A document whose fields are all there."""
    from remotemedia.runtime._documents import expect_form

    document = found.document(title)
    expect_form(document, form, title)
    return document


def _objection(resolver: Resolver, found: ResolvedPackage) -> TrustError | None:
    """Why mode, keyring or policy refuse a package; None if they do not."""
    from remotemedia.errors import TrustError

    try:
        resolver.check(found)
    except TrustError as error:
        return error
    return None


def _nested(found: ResolvedPackage, resolver: Resolver, directory: Path) -> Mapping[str, NestedPackage]:
    """The packages that nodes are; none, and a warning, where they cannot be had."""
    from remotemedia.errors import RemoteMediaError
    from remotemedia.runtime.run import resolve_nested

    within = resolver.within(found)
    try:
        return resolve_nested(found, partial(within.look, directory=directory))
    except RemoteMediaError as error:
        warn(f"packages that are nodes are not shown: {error.message} ({error.code})")
        return {}


def _rows_within(node: str, nested: Mapping[str, NestedPackage]) -> Iterator[dict[str, Any]]:
    """The rows of the nodes of the package that a node is, and of those in it."""
    if node in nested:
        rows = nested[node].package.document("meta/runtime.json")["nodes"]
        for row in nested[node].rows(rows):
            name = f"{node}/{row['id']}"
            yield {**row, "id": name}
            yield from _rows_within(name, nested)


def _signature(found: ResolvedPackage) -> dict[str, Any]:
    verdict = found.verdict
    return {
        "status": verdict.status,
        "key": verdict.key_name,
        "fingerprint": verdict.fingerprint,
        "signers": [signer_fields(it) for it in verdict.signers],
    }


def _text(found: ResolvedPackage, fields: dict[str, Any], nested: Mapping[str, NestedPackage]) -> str:
    config, provenance, objection = found.config, fields["provenance"], fields["objection"]
    dependencies = [f"{it['name']} {it['version']}" for it in fields["distributions"]]
    rows = [
        ("digest", found.digest),
        ("signature", signature_line(found.verdict)),
        ("runs here", f"no: {objection['message']} ({objection['code']})" if objection else _ADMITTED),
        ("provenance", provenance_line(found.verdict)),
        ("contents", sbom_line(fields["sbom"])),
        ("built", f"{provenance['buildTimestamp']} by {provenance['builder']['id']}"),
        ("source", f"{provenance['source']} ({provenance['sourceHash']})"),
        ("depends on", ", ".join(dependencies) or "the standard library alone"),
        ("wants", ", ".join(config["grants"]) or "nothing beyond its sandbox"),
    ]
    files = [f"  {it.title:<{_width(found)}}  {size(it.size):>9}" for it in found.manifest.layers]
    head = [f"{config['name']} {config['version']}", *(f"  {name:<11}{value}" for name, value in rows)]
    given = _given(fields["parameters"], fields["secrets"])
    given += _licences(fields["distributions"], fields["environment"])
    packages = [f"  {name}  {it.package.digest}, {signature_line(it.package.verdict)}" for name, it in nested.items()]
    given += ["", "packages", *packages] if packages else []
    above, below = map(plain, head), map(plain, (*given, "", "files", *files))
    return "\n".join([*above, "", "nodes", placement_table(fields["nodes"]), *below])


def _licences(distributions: list[dict[str, Any]], environment: dict[str, Any] | None) -> list[str]:
    """A line for each distribution: whether it is in the package, and under which licence."""
    if not distributions:
        return []
    packed = {it["name"] for it in environment["packages"] if "wheel" in it} if environment else set()
    packed |= {it["name"] for it in distributions if it["vendored"]}
    width = max(len(f"{it['name']} {it['version']}") for it in distributions)
    kept = {it["name"]: "in the package" if it["name"] in packed else "outside" for it in distributions}
    lines = [
        f"  {it['name'] + ' ' + it['version']:<{width}}  {kept[it['name']]:<14}  {it.get('license', 'licence unknown')}"
        for it in distributions
    ]
    return ["", "distributions", *lines]


def _given(parameters: dict[str, Any], secrets: list[str]) -> list[str]:
    """What a run may change with `--set`, and must be given with `--secret`."""
    shown = [
        (f"{name}={json.dumps(it['default'], ensure_ascii=False)}", it.get("description", ""))
        for name, it in parameters.items()
    ]
    width = max((len(value) for value, _ in shown), default=0)
    lines = [f"  {value:<{width}}  {description}".rstrip() for value, description in shown]
    return [
        *(["", "parameters", *lines] if lines else []),
        *(["", "secrets", *(f"  {name}" for name in secrets)] if secrets else []),
    ]


def _width(found: ResolvedPackage) -> int:
    return max(len(layer.title or "") for layer in found.manifest.layers)
