"""`remotemedia inspect`: what a package is, says of itself and wants."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remotemedia.cli._console import report, size
from remotemedia.cli._options import Json, Offline, PlainHttp
from remotemedia.cli._signature import signature_line

if TYPE_CHECKING:
    from remotemedia.runtime.resolve import ResolvedPackage


def inspect(
    package: Annotated[str, typer.Argument(help="A .rmpkg file or a reference.", metavar="FILE|REF")],
    *,
    manifest: Annotated[bool, typer.Option("--manifest", help="Print the pipeline's manifest alone.")] = False,
    offline: Offline = False,
    plain_http: PlainHttp = False,
    as_json: Json = False,
) -> None:
    """Show a package's nodes, wants, signature and provenance."""
    from remotemedia.runtime.network import Network
    from remotemedia.runtime.resolve import Resolver

    found = Resolver(os.environ, Network(offline=offline, plain_http=plain_http)).resolve(package)
    if manifest:
        sys.stdout.write(json.dumps(found.document("manifest.json"), indent=2, ensure_ascii=False) + "\n")
        return
    provenance, runtime = found.document("meta/provenance.json"), found.document("meta/runtime.json")
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
        "dependencies": runtime["dependencies"],
    }
    report(fields, _text(found, provenance, runtime), as_json=as_json)


def _text(found: ResolvedPackage, provenance: dict[str, Any], runtime: dict[str, Any]) -> str:
    config = found.config
    dependencies = [f"{it['name']} {it['version']}" for row in runtime["dependencies"] for it in row["distributions"]]
    rows = [
        ("digest", found.digest),
        ("signature", signature_line(found.verdict)),
        ("built", f"{provenance['buildTimestamp']} by {provenance['builder']['id']}"),
        ("source", f"{provenance['source']} ({provenance['sourceHash']})"),
        ("depends on", ", ".join(dependencies) or "the standard library alone"),
        ("wants", ", ".join(config["grants"]) or "nothing beyond its sandbox"),
    ]
    width = max(len(node["id"]) for node in config["nodes"])
    nodes = [f"  {node['id']:<{width}}  {node['runtime']:<12}  {node['node_type']}" for node in config["nodes"]]
    files = [f"  {it.title:<{_width(found)}}  {size(it.size):>9}" for it in found.manifest.layers]
    head = [f"{config['name']} {config['version']}", *(f"  {name:<11}{value}" for name, value in rows)]
    return "\n".join([*head, "", "nodes", *nodes, "", "files", *files])


def _width(found: ResolvedPackage) -> int:
    return max(len(layer.title or "") for layer in found.manifest.layers)
