"""What is shown of a graph to people, whether a program holds it or a package."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DrawnEdge", "DrawnNode", "Picture", "clean", "picture_of_manifest"]

_MAX_VALUE: Final = 60


class DrawnNode(NamedTuple):
    """A node.

    Attributes:
        id: its id.
        type: its class.
        runtime: the kind of runtime that it gets.
        arguments: what its author passed, as text.
        place: the host or the package it runs in elsewhere; None here.
    """

    id: str
    type: str
    runtime: str
    arguments: dict[str, str]
    place: str | None = None


class DrawnEdge(NamedTuple):
    """An edge, by the positions of its nodes; ports only where they were named."""

    source: int
    target: int
    from_port: str | None = None
    to_port: str | None = None

    @property
    def ports(self) -> str:
        """The ports as a label; empty where none was named."""
        if self.from_port is None and self.to_port is None:
            return ""
        return f"{self.from_port or 'out'} → {self.to_port or 'in'}"


@dataclass(frozen=True)
class Picture:
    """A graph as people see it. All text is printable: it may come from strangers."""

    name: str
    nodes: list[DrawnNode]
    edges: list[DrawnEdge]
    parameters: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)


def picture_of_manifest(manifest: Mapping[str, Any], runtimes: Mapping[str, str]) -> Picture:
    """Return what is shown of a manifest.

    Args:
        manifest: one that was found valid.
        runtimes: the kind of runtime of each node, by id.
    """
    positions = {node["id"]: position for position, node in enumerate(manifest["nodes"])}
    parameters = manifest.get("parameters", {})
    return Picture(
        name=clean(manifest["metadata"]["name"]),
        nodes=[
            DrawnNode(
                id=clean(node["id"]),
                type=clean(node["node_type"]),
                runtime=clean(runtimes.get(node["id"], "?")),
                arguments={clean(name): _value(value) for name, value in node.get("params", {}).items()},
                place=_place(node.get("host"), node.get("remote_ref")),
            )
            for node in manifest["nodes"]
        ],
        edges=[
            DrawnEdge(positions[edge["from"]], positions[edge["to"]], _port(edge, "from_port"), _port(edge, "to_port"))
            for edge in manifest.get("connections", [])
        ],
        parameters={clean(name): _value(declared.get("default")) for name, declared in parameters.items()},
        secrets=[clean(name) for name in manifest.get("secrets", [])],
    )


def clean(text: object) -> str:
    """Return a text in which nothing moves the cursor, and not too much of it."""
    whole = str(text)
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in whole[:_MAX_VALUE])
    return shown if len(whole) <= _MAX_VALUE else shown[: _MAX_VALUE - 1] + "…"


def _port(edge: Mapping[str, Any], key: str) -> str | None:
    return clean(edge[key]) if key in edge else None


def _place(host: str | None, remote_ref: str | None) -> str | None:
    parts = [text for text in (remote_ref, host and f"on {host}") if text]
    return clean(" ".join(parts)) if parts else None


def _value(value: Any) -> str:
    """Return a value of a manifest, its `$`-forms as an author thinks of them."""
    match value:
        case {"$file": str(name), **rest} if not rest:
            shown = f"<file {name}>"
        case {"$param": str(name), **rest} if not rest:
            shown = f"<parameter {name}>"
        case {"$secret": str(name), **rest} if not rest:
            shown = f"<secret {name}>"
        case {"$ref": str(name), **rest} if not rest:
            shown = f"<array {name.rpartition('/')[2]}>"
        case {"$node": {"node_type": str(name)}}:
            shown = f"<node {name}>"
        case {"$py": str(name), **rest} if not rest:
            shown = f"<{name}>"
        case {"$new": {"entry": str(name)}}:
            shown = f"<{name}>"
        case _:
            shown = json.dumps(value, ensure_ascii=False)
    return clean(shown)
