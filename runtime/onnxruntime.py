"""Where the ONNX Runtime library lies: `library()`.

The PyPI wheel `onnxruntime` carries it; it is found without being imported.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "REMOTEMEDIA_ONNXRUNTIME"


def library(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The shared library: what `REMOTEMEDIA_ONNXRUNTIME` names, else the one in this Python environment, else None."""
    if named := environ.get(VARIABLE):
        return Path(named)
    spec = importlib.util.find_spec("onnxruntime")
    if spec is None or spec.origin is None:
        return None
    return max(Path(spec.origin).parent.glob("capi/libonnxruntime.so.*"), default=None)


if __name__ == "__main__":
    sys.stdout.write(f"{library() or ''}\n")
