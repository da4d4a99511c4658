"""What a manifest says of models: which files nodes name, and what the node of a model gives it beside packets."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def named_files(manifest: Any) -> Iterator[str]:
    """Give the paths of files that nodes name, from the project's root."""
    if isinstance(manifest, Mapping):
        if isinstance(manifest.get("$file"), str):
            yield manifest["$file"]
        manifest = list(manifest.values())
    if isinstance(manifest, list):
        for item in manifest:
            yield from named_files(item)


def wiring_of(manifest: Any, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return constants, and outputs by the input that they become: those of the first node of a model that has any.

    Args:
        manifest: of the pipeline, or a part of it.
        path: of the model, from the project's root.
    """
    if isinstance(manifest, Mapping):
        params = manifest.get("params")
        if isinstance(params, Mapping) and params.get("model") == {"$file": path}:
            return _plain(params.get("constants")), _plain(params.get("state"))
        manifest = list(manifest.values())
    found = (wiring_of(item, path) for item in manifest) if isinstance(manifest, list) else ()
    return next((it for it in found if any(it)), ({}, {}))


def _plain(value: Any) -> dict[str, Any]:
    """A parameter that is an object of plain values; empty if it is none, or refers to what is elsewhere."""
    if not isinstance(value, dict) or '"$' in json.dumps(value):
        return {}
    return value
