"""Makes a constructor's arguments of a manifest's values: the inverse of how an author's objects are stated."""

import base64
import importlib
from collections.abc import Mapping
from typing import Any, Final

from remotemedia._npy import read_npy
from remotemedia._sandbox.inert import inert
from remotemedia.node import Node, construct

_arrays: Final[dict[str, bytes]] = {}


def hold(arrays: Mapping[str, bytes]) -> None:
    """Keep the npy files of arrays, by their path, until `arguments` makes them."""
    _arrays.update(arrays)


def arguments(params: Mapping[str, Any]) -> dict[str, Any]:
    """Make the arguments, once: the files are let go of.

    Raises:
        Exception: whatever the author's own constructors raise.
    """
    try:
        return {name: _made(value) for name, value in params.items()}
    finally:
        _arrays.clear()


def make(cls: Any, given: dict[str, Any]) -> Any:
    """Make a node of its arguments."""
    return construct(cls, given) if isinstance(cls, type) and issubclass(cls, Node) else cls(**given)


def named(entry: str) -> Any:
    """Find what `module:qualname` names."""
    module, _, qualified = entry.partition(":")
    found: Any = importlib.import_module(module)
    for name in qualified.split("."):
        found = getattr(found, name)
    return found


def _made(value: Any) -> Any:
    if isinstance(value, list):
        return [_made(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, target),) = value.items()
        if key in _FORMS:
            return _FORMS[key](target)
    return {key[1:] if key.startswith("$$") else key: _made(item) for key, item in value.items()}


def _made_hashable(value: Any) -> Any:
    """Make an element of a set or a key: a list was a tuple."""
    made = _made(value)
    if isinstance(made, list):
        return tuple(map(_made_hashable, value))
    return frozenset(made) if isinstance(made, set) else made


def _node(described: dict[str, Any]) -> Any:
    cls = named(described["entry"]) if "entry" in described else inert(described["node_type"])
    return make(cls, {name: _made(value) for name, value in described["params"].items()})


def _object(described: dict[str, Any]) -> Any:
    return named(described["entry"])(**{name: _made(value) for name, value in described["params"].items()})


def _pipeline(described: dict[str, Any]) -> Any:
    pipeline: Any = inert("Pipeline")
    return pipeline(described["name"])


_FORMS: Final[dict[str, Any]] = {
    "$file": str,
    "$ref": lambda path: read_npy(_arrays[path]),
    "$py": named,
    "$float": float,
    "$int": int,
    "$bytes": base64.b64decode,
    "$map": lambda pairs: {_made_hashable(key): _made(item) for key, item in pairs},
    "$set": lambda items: {_made_hashable(item) for item in items},
    "$new": _object,
    "$node": _node,
    "$pipeline": _pipeline,
}
"""What makes the target of each `$`-object; a run has put its parameters and secrets in their places already."""
