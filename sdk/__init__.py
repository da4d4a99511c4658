"""Media and AI pipelines as ordinary Python, packed, signed and run anywhere.

    from remotemedia import AudioSource, Node, OnnxNode, Pipeline

    p = Pipeline("speech")
    p.add(AudioSource()).add(OnnxNode("model.onnx"))
    p.run("recording.wav")

Importing the package costs next to nothing: each name is fetched when it is first used.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from remotemedia._names import HOMES as _HOMES

__all__ = [  # noqa: PLE0604 - the names are those of the table
    *_HOMES
]


def __getattr__(name: str) -> _Any:
    """Fetch a public name from its home (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    value = globals()[name] = getattr(_import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
