"""What a package says of itself: `pynode.json`, `meta/runtime.json`, `meta/provenance.json` and the configuration.

All of it follows from the program, its dependencies and the tool's version.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from remotemedia.compiler import Program, explain
from remotemedia.packager._dependencies import distribution_rows, import_rows, unresolved
from remotemedia.packager._origin import Origin

_PYTHON = ">=3.11"  # what the SDK itself supports


def pynode_document(program: Program, missing: Iterable[str]) -> dict[str, Any]:
    """`pynode.json`: what a Python runtime must know before it loads the sources.

    Args:
        program: the compiled program.
        missing: names that the sources import without a fallback and the sandbox lacks.
    """
    return {
        "version": 1,
        "python": _PYTHON,
        "entries": sorted(set(program.entries)),
        "imports": sorted({found.name for found in program.imports}),
        "missing": sorted(set(missing)),
    }


def runtime_document(program: Program, runtimes: Mapping[str, str]) -> dict[str, Any]:
    """`meta/runtime.json`: what the package needs in order to run.

    Args:
        program: the compiled program.
        runtimes: runtime kind by node id.
    """
    return {
        "schemaVersion": 1,
        "python": _PYTHON,
        "entryPoints": sorted(set(program.entries)),
        "runtimes": dict(runtimes),
        "nodes": [placement.to_json() for placement in explain(program)],
        "grants": wanted_grants(program.manifest, runtimes),
        "dependencies": import_rows(program.dependencies),
        "distributions": distribution_rows(program.dependencies),
        "unresolved": unresolved(program.dependencies),
    }


def provenance_document(origin: Origin, *, builder: str, timestamp: str) -> dict[str, Any]:
    """`meta/provenance.json`: where the package comes from.

    Args:
        origin: what it is made from.
        builder: name and version of the tool.
        timestamp: RFC 3339.
    """
    document = {
        "schemaVersion": 1,
        "builder": {"id": builder},
        "buildTimestamp": timestamp,
        "source": origin.source,
        "sourceHash": source_hash(origin.inputs),
        "dependencies": distribution_rows(origin.dependencies),
    }
    return document | {"traced": True} if origin.traced else document


def source_hash(inputs: Mapping[str, str]) -> str:
    """One digest over all inputs: that of what `sha256sum --zero` prints for them in the order of their paths."""
    lines = (f"{inputs[path]}  {path}\0" for path in sorted(inputs))
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def config_document(manifest: Mapping[str, Any], runtimes: Mapping[str, str], version: str) -> dict[str, Any]:
    """The artifact's configuration: what can be shown before any layer is fetched."""
    return {
        "schemaVersion": 1,
        "name": manifest["metadata"]["name"],
        "version": version,
        "runtimes": sorted(set(runtimes.values())),
        "grants": wanted_grants(manifest, runtimes),
        "requires": list(manifest.get("requires", ())),
        "nodes": [
            {"id": node["id"], "node_type": node["node_type"], "runtime": runtimes[node["id"]]}
            for node in manifest["nodes"]
        ],
    }


def wanted_grants(manifest: Mapping[str, Any], runtimes: Mapping[str, str]) -> list[str]:
    """What the package asks of its user: what its nodes ask for, and what the runtimes outside the sandbox need."""
    grants = {grant for node in manifest["nodes"] for grant in node.get("grants", ())}
    return sorted(grants | set(runtimes.values()) & {"program", "python"})
