"""What an author stated as an argument without it being plain data, as a manifest can hold it.

The compiler never has the objects of the program it reads; it hands these to `lower_params` in their place. A pipeline
in a running program is described with them too, so that one rule makes both manifests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "StatedName",
    "StatedNode",
    "StatedObject",
    "StatedParameter",
    "StatedPipeline",
    "StatedSecret",
]


@dataclass(frozen=True)
class StatedName:
    """An enum member, a function or a class, by the name `module:qualname`.

    Attributes:
        plain: the number or text that an enum member is as well.
    """

    entry: str
    plain: float | str | None = None


@dataclass(frozen=True)
class StatedObject:
    """An instance of a dataclass or NamedTuple.

    Attributes:
        entry: its class, `module:qualname`.
        params: the present values of all fields that its constructor takes, defaults included, by name.
    """

    entry: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class StatedNode:
    """A node.

    `host` and `remote_ref` of the manifest follow from the arguments, so nobody states them.

    Attributes:
        node_type: its class's bare name.
        params: the arguments the author passed, by name, without defaults.
        entry: its class, `module:qualname`; None for a built-in node.
    """

    node_type: str
    params: Mapping[str, Any]
    entry: str | None = None


@dataclass(frozen=True)
class StatedPipeline:
    """A pipeline.

    Attributes:
        name: what it is called.
        nodes: its nodes with their ids, flattened.
        connections: its edges as the manifest has them.
    """

    name: str
    nodes: Sequence[tuple[str, StatedNode]]
    connections: Sequence[Mapping[str, str]] = field(default=())


@dataclass(frozen=True)
class StatedParameter:
    """A declared parameter, passed whole."""

    name: str


@dataclass(frozen=True)
class StatedSecret:
    """A declared secret, passed whole."""

    name: str
