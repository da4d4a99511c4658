"""Whether the engine would accept a manifest: asked before a package of it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from remotemedia import _native
from remotemedia.runtime.executor import error_of

__all__ = ["check_manifest"]


def check_manifest(manifest: Mapping[str, Any]) -> None:
    """Ask the engine for its verdict.

    Raises:
        ManifestError: RM2xx.
    """
    try:
        _native.validate_manifest(json.dumps(manifest).encode())
    except _native.NativeError as error:
        raise error_of(json.loads(str(error))) from error
