"""References of a pipeline, pinned to what they mean when it is built: `meta/lock.json`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from remotemedia.compiler import Program
from remotemedia.registry import Reference

LOCK: Final = "meta/lock.json"


def references_of(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The references of packages that nodes are, each once, in the manifest's order."""
    return tuple(dict.fromkeys(node["remote_ref"] for node in manifest["nodes"] if "remote_ref" in node))


def is_pinned(reference: str) -> bool:
    """Whether it names a digest."""
    return Reference.parse(reference).digest is not None


def pinned(program: Program, pins: Mapping[str, str]) -> Program:
    """The program whose nodes have references with digests."""
    if not pins:
        return program
    nodes = [
        {**node, "remote_ref": pins.get(node["remote_ref"], node["remote_ref"])} if "remote_ref" in node else node
        for node in program.manifest["nodes"]
    ]
    return replace(program, manifest={**program.manifest, "nodes": nodes})


def lock_document(pins: Mapping[str, str]) -> dict[str, Any]:
    """`meta/lock.json`: what each reference stood for."""
    rows = [{"reference": name, "digest": Reference.parse(pins[name]).digest} for name in sorted(pins)]
    return {"schemaVersion": 1, "references": rows}


def pins_of(document: bytes) -> dict[str, str]:
    """What the lock of a package was made from.

    Raises:
        ValueError: it is none.
    """
    from remotemedia.schemas.package import LockDocument  # noqa: PLC0415 - takes its time, and few builds need it

    lock = LockDocument.model_validate_json(document)
    return {it.reference: f"{it.reference}@{it.digest}" for it in lock.references}
