"""Constructor arguments as the manifest states them (`params` of manifest v1, `docs/adr/0010-values-in-manifests.md`).

One rule for the objects of a running program and for what the compiler knows of a program that does not run.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import json
import math
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, NoReturn

from remotemedia._npy import DTYPES, write_npy
from remotemedia._objects import stated
from remotemedia._parameters import resolved
from remotemedia._stated import (
    StatedName,
    StatedNode,
    StatedObject,
    StatedParameter,
    StatedPipeline,
    StatedSecret,
)
from remotemedia.errors import PipelineError
from remotemedia.schemas.tables import NodeType, node_type

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from remotemedia._objects import Stated
    from remotemedia._project import Project

__all__ = ["REMOTE_CONFIG", "lower_params", "remote_fields"]

REMOTE_CONFIG: Final = "remotemedia.remote_config:RemoteExecutorConfig"
"""The class that says where a node runs."""

_REMOTE_TYPES: Final = {"HFPipelineNode", "RemoteExecutionNode", "RemoteObjectExecutionNode"}
_MAX_DEPTH: Final = 48  # of 64 that a manifest may have: the rest stands around the argument
_MAX_VALUES: Final = 1_000_000  # a list may hold another one twice, and that one another twice …
_MAX_INT: Final = 2**53 - 1
_MAX_INT_BITS: Final = 4096
_MAX_BYTES: Final = 64 * 1024
_MAX_DATA: Final = 256 * 1024 * 1024
_PLAIN: Final = "pass plain data, an array, a `Path`, or something that has a name; make the rest in the node"


def lower_params(
    arguments: Mapping[str, Any],
    *,
    node: str,
    builtin: NodeType | None,
    project: Project,
    data: MutableMapping[str, bytes] | None,
) -> dict[str, Any]:
    """Return captured arguments as JSON values.

    Args:
        arguments: by name, without defaults: Python's own objects, or `Stated…` in the place of what is none.
        node: the node's id, for messages.
        builtin: the node's entry in the table, for a built-in node.
        project: where files and classes are looked for.
        data: takes the arrays, as npy files by their path in the package; None, for a run in this process, writes them
            as nested lists, and parameters and secrets as their values.

    Raises:
        PipelineError: RM108, a value cannot stand in a manifest; RM109, a file is missing or outside the project;
            RM104, the class of a node among the arguments cannot be found by its name.
    """
    return {
        name: _Argument(f"argument `{name}` of `{node}`", project, data).lower_named(name, value, builtin)
        for name, value in arguments.items()
    }


def remote_fields(arguments: Mapping[str, Any], node_type: str, project: Project) -> dict[str, str]:
    """Return `host` and `remote_ref` of a node, where its arguments say that it runs elsewhere.

    Raises:
        PipelineError: RM108, host or port are not known before a run.
    """
    found = {
        name: arguments[name]
        for name in ("host", "remote_ref")
        if node_type in _REMOTE_TYPES and arguments.get(name) is not None
    }
    config = arguments.get("remote_config")
    config = None if config is None else stated(config, project)
    if isinstance(config, StatedObject) and config.entry == REMOTE_CONFIG:
        found["host"] = _address(config.params["host"], config.params["port"])
    if all(type(value) is str for value in found.values()):
        return found
    raise PipelineError(
        f"expected `host` and `remote_ref` of `{node_type}` as text, got something else",
        code="RM108",
        hint="where a node runs must be known before a run: neither a parameter nor a secret can say it",
    )


def _address(host: Any, port: Any) -> str | None:
    """Return `host:port`; None where one of them is not known."""
    if not isinstance(host, str) or type(port) is not int:
        return None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Argument:
    """One argument, as messages call it."""

    def __init__(self, name: str, project: Project, data: MutableMapping[str, bytes] | None) -> None:
        self._name = name
        self._project = project
        self._data = data
        self._left = _MAX_VALUES

    def lower_named(self, name: str, value: Any, builtin: NodeType | None, depth: int = 0) -> Any:
        """Return the value of a constructor's argument: a table's parameter may say that a string is a file."""
        if self._data is None:
            value = resolved(value)
        parameter = builtin.parameter(name) if builtin is not None else None
        if parameter is not None and parameter.type != "json":
            value = _without_name(value)
        if parameter is not None and parameter.type == "map[program]" and type(value) is dict:
            value = {key: PurePath(it) if isinstance(it, str) else it for key, it in value.items()}
        names_file = parameter is not None and parameter.names_file and isinstance(value, str)
        return self._lower(PurePath(value) if names_file else value, depth)

    def _lower(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 - one a kind of value
        """Return the JSON value; types are taken exactly, because a reader would not make a subclass again."""
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            self._refuse(f"nested at most {_MAX_DEPTH} deep, and not to have more than {_MAX_VALUES} values", "more")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind in _SCALARS:
            return getattr(self, _SCALARS[kind])(value)
        if isinstance(value, PurePath):
            return {"$file": self._project.file(value)}
        if kind is list or kind is tuple:
            return [self._lower(item, depth + 1) for item in value]
        if kind is dict:
            return self._dict(value, depth)
        if kind is set or kind is frozenset:
            items = [self._lower(item, depth + 2) for item in value]
            return {"$set": sorted(items, key=_json_text)}
        return self._object(value, depth)

    def _object(self, value: Any, depth: int) -> Any:
        numpy, arrays = sys.modules.get("numpy"), sys.modules.get("remotemedia.array")
        if numpy is not None and isinstance(value, numpy.generic):
            number = value.item()
            return self._lower(number, depth) if type(number) in _NUMBERS else self._refuse_object(value)
        if numpy is not None and type(value) is numpy.ndarray:
            little = numpy.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")).reshape(value.shape)
            return self._array(little, little.dtype.str)
        if arrays is not None and type(value) is arrays.Array:
            return self._array(value, value.__array_interface__["typestr"])
        found = stated(value, self._project)
        return self._refuse_object(value) if found is None else self._stated(found, depth)

    def _stated(self, value: Stated, depth: int) -> dict[str, Any]:
        match value:
            case StatedParameter(name):
                return {"$param": name}
            case StatedSecret(name):
                return {"$secret": name}
            case StatedName(entry):
                return {"$py": entry}
            case StatedObject(entry, params):
                self._check_token(value)
                fields = {name: self._lower(item, depth + 3) for name, item in params.items()}
                return {"$new": {"entry": entry, "params": fields}}
            case StatedNode():
                return {"$node": self._node(value, depth + 2)}
            case StatedPipeline(name, nodes, connections):
                described = [{"id": node_id, **self._node(node, depth + 4)} for node_id, node in nodes]
                edges = [dict(edge) for edge in connections]
                return {"$pipeline": {"name": name, "nodes": described, "connections": edges}}

    def _node(self, node: StatedNode, depth: int) -> dict[str, Any]:
        builtin = node_type(node.node_type) if node.entry is None else None
        params = {name: self.lower_named(name, value, builtin, depth + 1) for name, value in node.params.items()}
        entry = {} if node.entry is None else {"entry": node.entry}
        return (
            {"node_type": node.node_type, "params": params}
            | entry
            | remote_fields(node.params, node.node_type, self._project)
        )

    def _check_token(self, config: StatedObject) -> None:
        token = config.params.get("auth_token") if config.entry == REMOTE_CONFIG else None
        if token is not None and not isinstance(stated(token, self._project), StatedSecret):
            self._refuse(
                "without a literal `auth_token`",
                "one",
                'a manifest is read by everyone: pass `p.secret("NAME")`, and give it with `run --secret`',
            )

    def _dict(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        if all(type(key) is str for key in value):
            return {self._key(key): self._lower(item, depth + 1) for key, item in value.items()}
        return {"$map": [[self._lower(key, depth + 3), self._lower(item, depth + 3)] for key, item in value.items()]}

    def _key(self, key: str) -> str:
        return "$" + self._text(key) if key.startswith("$") else self._text(key)

    def _text(self, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self._refuse("Unicode text", "a lone surrogate")
        return value

    def _int(self, value: int) -> Any:
        if -_MAX_INT <= value <= _MAX_INT:
            return value
        if value.bit_length() > _MAX_INT_BITS:
            self._refuse(f"an integer of at most {_MAX_INT_BITS} bits", f"one of {value.bit_length()}")
        return {"$int": str(value)}

    def _float(self, value: float) -> Any:
        return value if math.isfinite(value) else {"$float": str(value)}

    def _bytes(self, value: bytes) -> dict[str, str]:
        if len(value) > _MAX_BYTES:
            self._refuse(
                f"at most {_MAX_BYTES} bytes",
                f"{len(value)}",
                "put them into a file of the project and pass its `Path`",
            )
        return {"$bytes": base64.b64encode(value).decode("ascii")}

    def _array(self, value: Any, typestr: str) -> Any:
        """Return an array, little-endian and in C order, by the digest of its file."""
        if typestr not in DTYPES:
            self._refuse("an array of numbers", f"one of `{typestr}`")
        if self._data is None:
            return self._lower(value.tolist(), 0)
        file = write_npy(typestr, value.shape, value.tobytes())
        path = f"data/{hashlib.sha256(file).hexdigest()}.npy"
        self._data[path] = file
        size = sum(map(len, self._data.values()))
        if size > _MAX_DATA:
            self._refuse(f"with at most {_MAX_DATA} bytes of arrays in the pipeline", f"{size}")
        return {"$ref": path}

    def _refuse_object(self, value: Any) -> NoReturn:
        self._refuse("plain data or something that has a name", _description(value))

    def _refuse(self, expected: str, got: str, hint: str = _PLAIN) -> NoReturn:
        raise PipelineError(f"expected {self._name} to be {expected}, got {got}", code="RM108", hint=hint)


def _without_name(value: Any) -> Any:
    """Return the number or text that an enum member is as well; a built-in node takes that, and knows no classes."""
    if isinstance(value, StatedName) and value.plain is not None:
        return value.plain
    if isinstance(value, enum.Enum) and isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, enum.Enum) and isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    return value


_SCALARS: Final[dict[type, str]] = {str: "_text", int: "_int", float: "_float", bytes: "_bytes"}
_NUMBERS: Final = {bool, int, float}


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _description(value: Any) -> str:
    name = getattr(value, "__qualname__", None)
    return f"`{name}`" if isinstance(name, str) else f"an instance of `{type(value).__qualname__}`"
