"""A package's graph as a picture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remotemedia._graph_text import Form
    from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["graph_of"]


def graph_of(package: ResolvedPackage, form: Form) -> str:
    """Return the picture of a package's manifest, with the runtimes that were chosen for its nodes.

    Raises:
        ManifestError: the manifest is not valid.
    """
    from remotemedia import _native
    from remotemedia._graph_text import render
    from remotemedia._picture import picture_of_manifest
    from remotemedia.runtime.executor import error_of

    manifest = package.document("manifest.json")
    try:
        _native.validate_manifest(json.dumps(manifest).encode())
    except _native.NativeError as error:
        raise error_of(json.loads(str(error))) from None
    runtimes = {node["id"]: node["runtime"] for node in package.config["nodes"]}
    return render(picture_of_manifest(manifest, runtimes), form)
