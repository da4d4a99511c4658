"""Nodes written for another process: their class by its name, and the arguments they were made with.

    from remotemedia.core.node_serialization import deserialize_node_from_ipc, serialize_node_for_ipc

    same = deserialize_node_from_ipc(serialize_node_for_ipc(node))

What is written is one line of JSON and the bytes of arrays. Reading it calls constructors of nodes, dataclasses and
NamedTuples only, of modules that the reading process can import.
"""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from types import BuiltinFunctionType, FunctionType
from typing import Any, Final

from remotemedia._value_errors import MalformedBodyError, UnsupportedValueError
from remotemedia.errors import RemoteMediaError, SerializationError
from remotemedia.node import Node, construct
from remotemedia.values import decode, encode

__all__ = ["MAX_SERIALIZED_SIZE_BYTES", "SerializationError", "deserialize_node_from_ipc", "serialize_node_for_ipc"]

MAX_SERIALIZED_SIZE_BYTES: Final = 100 * 1024 * 1024

_MARK: Final = "remotemedia.object"  # the key of what is no plain data
_NAMED: Final = (type, FunctionType, BuiltinFunctionType)
_JSON: Final = encode({})[0]  # type: ignore[index]  # the kind of packet that a dict is


def serialize_node_for_ipc(node: Node) -> bytes:
    """Return a node as bytes; a node that was made ready lets go of what it holds first.

    Raises:
        TypeError: this is no node.
        SerializationError: RM108, an argument cannot be written, or all are too large.
    """
    if not isinstance(node, Node):
        raise TypeError(f"expected a node, got `{type(node).__name__}`")
    if node.is_initialized:
        _finish(node.cleanup())
    try:
        body = encode({"node": _written(node, node.name)})
    except UnsupportedValueError as error:
        raise _refusal(node.name, f"an argument is no data: {error}") from error
    if body is None or body[0] != _JSON:
        raise _refusal(node.name, "its arguments are no data")
    _, head, _, data = body
    written = head.encode() + b"\n" + bytes(data)
    if len(written) > MAX_SERIALIZED_SIZE_BYTES:
        raise _refusal(
            node.name, f"expected at most {MAX_SERIALIZED_SIZE_BYTES} bytes for its arguments, got {len(written)}"
        )
    return written


def deserialize_node_from_ipc(serialized: bytes) -> Node:
    """Return a node of what `serialize_node_for_ipc` wrote, made ready.

    Raises:
        SerializationError: RM108, this is no node, or it cannot be made here.
    """
    head, _, data = serialized[: MAX_SERIALIZED_SIZE_BYTES + 1].partition(b"\n")
    if len(serialized) > MAX_SERIALIZED_SIZE_BYTES:
        raise SerializationError(f"expected at most {MAX_SERIALIZED_SIZE_BYTES} bytes, got {len(serialized)}")
    try:
        node = _made(decode(_JSON, head.decode(), "", data, numpy=True)["node"])
    except RemoteMediaError:
        raise
    except (
        MalformedBodyError,
        ArithmeticError,
        AttributeError,
        ImportError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise SerializationError(
            f"expected a node that can be made here, got: {type(error).__name__}: {error!s:.200}",
            hint="the same program and the same distributions are needed on both sides",
        ) from error
    if not isinstance(node, Node):
        raise SerializationError(f"expected a node, got `{type(node).__name__}`")
    _finish(node.initialize())
    return node


def _refusal(name: str, reason: str) -> SerializationError:
    hint = "make locks, connections and open files in `initialize`, not in arguments"
    return SerializationError(f"expected `{name}` to be written, but {reason}", hint=hint, node=name)


def _written(value: Any, node: str) -> Any:
    """Return a value as plain data and marked dicts."""
    kind = type(value)
    if kind is list or kind is tuple:
        return kind(_written(item, node) for item in value)
    if kind is dict:
        if _MARK in value:
            raise _refusal(node, f"one of them has the key `{_MARK}`")
        return {key: _written(item, node) for key, item in value.items()}
    if isinstance(value, Enum):
        return {_MARK: "named", "entry": f"{_name(value, node)}.{value.name}"}
    if isinstance(value, _NAMED):
        return {_MARK: "named", "entry": _name(value, node)}
    given = _given(value)
    return value if given is None else {_MARK: "made", "entry": _name(value, node), "arguments": _written(given, node)}


def _given(value: Any) -> dict[str, Any] | None:
    """Return the arguments that a constructor makes the same object of; None for plain data."""
    if isinstance(value, Node):
        return value._captured  # noqa: SLF001 - captured for this
    if is_dataclass(value):
        return {item.name: getattr(value, item.name) for item in fields(value) if item.init}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return dict(value._asdict())
    return None


def _name(value: Any, node: str) -> str:
    """Return `module:qualname` of a class, of a function, or of an object's class."""
    named = value if isinstance(value, _NAMED) else type(value)
    entry = f"{named.__module__}:{named.__qualname__}"
    if "<" in entry:
        raise _refusal(node, f"`{entry}` has no name that another process could find")
    return entry


def _made(value: Any) -> Any:
    """Return what plain data and marked dicts stand for."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_made, value))
    if not isinstance(value, dict):
        return value
    if _MARK not in value:
        return {key: _made(item) for key, item in value.items()}
    module, _, qualname = value["entry"].partition(":")
    found: Any = import_module(module)
    for name in qualname.split("."):
        found = getattr(found, name)
    if value[_MARK] == "named":
        return found
    given = {key: _made(item) for key, item in value["arguments"].items()}
    if not isinstance(found, type) or not (issubclass(found, (Node, tuple)) or is_dataclass(found)):
        raise TypeError(f"`{value['entry']}` is no class of a node, a dataclass or a NamedTuple")
    return construct(found, given) if issubclass(found, Node) else found(**given)


def _finish(awaitable: Any) -> None:
    """Wait for a coroutine, also where a loop is running; anything else is done already."""
    if inspect.iscoroutine(awaitable):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, awaitable).result()
