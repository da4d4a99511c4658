"""`remotemedia inspect`: what a package is, says of itself and wants."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remotemedia._graph_text import Form
from remotemedia.cli._console import report, size
from remotemedia.cli._graph import graph_of
from remotemedia.cli._options import Json, Offline, PlainHttp
from remotemedia.cli._placements import placement_table
from remotemedia.cli._signature import signature_line

if TYPE_CHECKING:
    from remotemedia.runtime.resolve import ResolvedPackage


def inspect(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    manifest: Annotated[bool, typer.Option("--manifest", help="Print the pipeline's manifest alone.")] = False,
    graph: Annotated[Form | None, typer.Option(help="Print the graph alone.")] = None,
    offline: Offline = False,
    plain_http: PlainHttp = False,
    as_json: Json = False,
) -> None:
    """Show a package's nodes, wants, signature and provenance."""
    from remotemedia.runtime.network import Network
    from remotemedia.runtime.resolve import ENVIRONMENT, Resolver

    found = Resolver(os.environ, Network(offline=offline, plain_http=plain_http)).resolve(package)
    if manifest:
        sys.stdout.write(json.dumps(found.document("manifest.json"), indent=2, ensure_ascii=False) + "\n")
        return
    if graph is not None:
        sys.stdout.write(graph_of(found, graph) + "\n")
        return
    provenance, runtime = found.document("meta/provenance.json"), found.document("meta/runtime.json")
    stated = found.document("manifest.json")
    fields = {
        "reference": str(found.reference),
        "digest": found.digest,
        "config": dict(found.config),
        "files": [{"path": it.title, "size": it.size, "digest": it.digest} for it in found.manifest.layers],
        "signature": {
            "status": found.verdict.status,
            "key": found.verdict.key_name,
            "fingerprint": found.verdict.fingerprint,
        },
        "provenance": provenance,
        "nodes": runtime["nodes"],
        "dependencies": runtime["dependencies"],
        "distributions": runtime["distributions"],
        "environment": found.document(ENVIRONMENT) if found.has(ENVIRONMENT) else None,
        "parameters": stated.get("parameters", {}),
        "secrets": stated.get("secrets", []),
    }
    report(fields, _text(found, fields, runtime), as_json=as_json)


def _text(found: ResolvedPackage, fields: dict[str, Any], runtime: dict[str, Any]) -> str:
    config, provenance = found.config, fields["provenance"]
    dependencies = [f"{it['name']} {it['version']}" for it in runtime["distributions"]]
    rows = [
        ("digest", found.digest),
        ("signature", signature_line(found.verdict)),
        ("built", f"{provenance['buildTimestamp']} by {provenance['builder']['id']}"),
        ("source", f"{provenance['source']} ({provenance['sourceHash']})"),
        ("depends on", ", ".join(dependencies) or "the standard library alone"),
        ("wants", ", ".join(config["grants"]) or "nothing beyond its sandbox"),
    ]
    files = [f"  {it.title:<{_width(found)}}  {size(it.size):>9}" for it in found.manifest.layers]
    head = [f"{config['name']} {config['version']}", *(f"  {name:<11}{value}" for name, value in rows)]
    given = _given(fields["parameters"], fields["secrets"])
    given += _licences(runtime["distributions"], fields["environment"])
    return "\n".join([*head, "", "nodes", placement_table(runtime["nodes"]), *given, "", "files", *files])


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
