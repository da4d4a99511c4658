"""The built-in nodes (`nodes.v1.json`) and the error codes (`errors.v1.json`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from remotemedia.schemas.modules import programs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ErrorEntry",
    "NodeType",
    "Parameter",
    "ParameterType",
    "Port",
    "error_entry",
    "error_table",
    "node_table",
    "node_type",
]

ParameterType: TypeAlias = Literal[
    "int", "float", "bool", "str", "file", "model", "map[str]", "map[program]", "map[json]", "json"
]

Side: TypeAlias = Literal["inputs", "outputs"]

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Port:
    """Where packets enter or leave a node; `types` are the packet bodies it takes or gives."""

    name: str
    types: tuple[str, ...]


@dataclass(frozen=True)
class Parameter:
    """One constructor argument of a built-in node.

    `minimum` and `maximum` are inclusive; `choices` are the only values allowed, where there are any. Where it is
    given, the ports of the side `ports` are those that it names: of inputs its values, of outputs its keys.
    A `live` one can change while the node runs. Where `native` is given, it has the only values with which the node
    runs natively: functions by `module:qualname`, and None.
    """

    name: str
    type: ParameterType
    summary: str
    required: bool = False
    default: Any = None
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    ports: Side | None = None
    live: bool = False
    native: tuple[str | None, ...] | None = None

    @property
    def names_file(self) -> bool:
        """Whether its value names a file of the project."""
        return self.type in {"file", "model"}

    def is_native(self, params: Mapping[str, Any]) -> bool:
        """Return whether a node with these parameters can run natively, as far as this one is concerned."""
        value = params.get(self.name, self.default)
        return self.native is None or (value.get("$py", ...) if isinstance(value, dict) else value) in self.native


@dataclass(frozen=True)
class NodeType:
    """One built-in node: its class `module:name`, the runtimes that have it, its ports and parameters.

    With `objects`, its values may be any objects: in this process the class itself runs, so that they need no packets.
    """

    name: str
    module: str
    summary: str
    kinds: tuple[str, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    parameters: tuple[Parameter, ...]
    objects: bool = False

    @property
    def kind_in_process(self) -> str:
        """The runtime that it has in this process."""
        return "python" if self.objects else self.kinds[0]

    def kinds_with(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the runtimes that have the node with these parameters, the preferred one first."""
        is_native = all(parameter.is_native(params) for parameter in self.parameters)
        has = {"native": is_native, "program": len(self.kinds) == 1 or bool(programs(params))}
        return tuple(kind for kind in self.kinds if has.get(kind, True))

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of that name, if there is one."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)

    def shaped(self, params: Mapping[str, Any]) -> NodeType | None:
        """Return the same with the ports that a node's parameters name; None where these refer to something else."""
        inputs, outputs = self.inputs, self.outputs
        for parameter in self.parameters:
            value = params.get(parameter.name)
            if parameter.ports is None or not value:
                continue
            names = _port_names(parameter.ports, value)
            if names is None:
                return None
            if parameter.ports == "inputs":
                inputs = tuple(Port(name, inputs[0].types) for name in names)
            else:
                outputs = tuple(Port(name, outputs[0].types) for name in names)
        return replace(self, inputs=inputs, outputs=outputs)


@dataclass(frozen=True)
class ErrorEntry:
    """One error code: the process's exit code, what is wrong, and what `remotemedia help` says."""

    code: str
    exit: int
    summary: str
    help: str


@cache
def node_table() -> Mapping[str, NodeType]:
    """Return all built-in nodes by name, in the table's order."""
    return MappingProxyType({entry["name"]: _node_type(entry) for entry in _read("nodes.v1.json")["nodes"]})


def node_type(name: str) -> NodeType | None:
    """Return the built-in node of that name, if there is one."""
    return node_table().get(name)


@cache
def error_table() -> Mapping[str, ErrorEntry]:
    """Return all error codes, in the table's order."""
    return MappingProxyType({entry["code"]: ErrorEntry(**entry) for entry in _read("errors.v1.json")["errors"]})


def error_entry(code: str) -> ErrorEntry | None:
    """Return the entry of an error code, if there is one."""
    return error_table().get(code)


def _read(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((_HERE / name).read_text(encoding="utf-8"))
    return table


def _node_type(entry: dict[str, Any]) -> NodeType:
    return NodeType(
        name=entry["name"],
        module=entry["module"],
        summary=entry["summary"],
        kinds=tuple(entry["kinds"]),
        inputs=tuple(Port(port["name"], tuple(port["types"])) for port in entry["inputs"]),
        outputs=tuple(Port(port["name"], tuple(port["types"])) for port in entry["outputs"]),
        parameters=tuple(_parameter(parameter) for parameter in entry["params"]),
        objects=entry.get("objects", False),
    )


def _port_names(side: Side, value: Any) -> tuple[str, ...] | None:
    """Return the ports that a parameter names, each once; None where it is, or holds, a reference to something else."""
    if not isinstance(value, dict) or any(key.startswith("$") for key in value):
        return None
    names = list(value if side == "outputs" else value.values())
    return tuple(dict.fromkeys(names)) if all(isinstance(name, str) for name in names) else None


def _parameter(entry: dict[str, Any]) -> Parameter:
    return Parameter(
        name=entry["name"],
        type=entry["type"],
        summary=entry["summary"],
        required=entry.get("required", False),
        default=entry.get("default"),
        nullable=entry.get("nullable", False),
        minimum=entry.get("min"),
        maximum=entry.get("max"),
        choices=tuple(entry.get("enum", ())),
        ports=entry.get("ports"),
        live=entry.get("live", False),
        native=tuple(entry["native"]) if "native" in entry else None,
    )
