"""What the outcome of an attempt depends on, as one digest.

How far outputs may be off is no part of it: that decides between results, and changes none.
"""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from remotemedia.packager._canonical import canonical_json
from remotemedia.packager.optimize._methods import Method

TOOLS: Final = {"numpy": "numpy", "onnx": "onnx", "onnx-ir": "onnx_ir", "onnxruntime": "onnxruntime"}
"""Modules by distribution: those that have to be there, and whose versions are noted."""

_BELOW: Final = ("ml_dtypes", "protobuf", "sympy")  # what these stand on, as far as results may show it


def tool_versions() -> dict[str, str]:
    """Return the version of each tool."""
    return {name: version(name) for name in TOOLS}


def attempt_key(
    method: Method,
    *,
    model: str,
    suffix: str,
    weights: Mapping[str, str],
    wiring: Sequence[Mapping[str, Any]],
    data: Sequence[str],
) -> str:
    """Return a digest in hexadecimal; equal ones mean equal outcomes, but for the time of a run.

    Args:
        method: what is tried.
        model: SHA-256 of the file in hexadecimal.
        suffix: of its name, which says what it is.
        weights: SHA-256 of the files that it keeps weights in, by their path beside it.
        wiring: what the model's node gives it beside packets.
        data: SHA-256 of each file with inputs, in order.
    """
    document = {
        "tool": _tool(),
        "method": method.value,
        "model": model,
        "suffix": suffix,
        "weights": dict(weights),
        "wiring": [dict(it) for it in wiring],
        "data": list(data),
    }
    return hashlib.sha256(canonical_json(document)).hexdigest()


@cache
def _tool() -> dict[str, str]:
    """This code, and what it runs on. The seed of made-up inputs, limits and the like are in the code."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(hashlib.sha256(path.read_bytes()).digest())
    versions = {name: _version(name) for name in (*TOOLS, *_BELOW)}
    return versions | {"code": code.hexdigest(), "python": platform.python_version()}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
