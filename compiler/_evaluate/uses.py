"""What code that is not followed does with pipelines and nodes that it mentions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import libcst as cst

from remotemedia.compiler._evaluate.mentions import (
    HARMLESS,
    is_called,
    is_given_to,
    is_looked_at,
    is_target,
    mentions_of,
)
from remotemedia.compiler._library import NODE, PIPELINE_READS
from remotemedia.compiler._tree import targets
from remotemedia.compiler._values import NodeInstance, PipelineInstance, Scope, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._evaluate.mentions import Path
    from remotemedia.compiler._values import Value

__all__ = ["CHANGING_ATTRIBUTES", "Uses", "some_node"]

_GIVING: Final = frozenset({"get_node", "managed_execution", "nodes"})
"""What of a pipeline gives its nodes, or the pipeline itself, to whoever asks."""

CHANGING_ATTRIBUTES: Final = frozenset({"__delattr__", "__dict__", "__setattr__"})
"""Attributes of a node by which any other is changed."""

_PASSING_ON: Final = frozenset({"enumerate", "iter", "list", "next", "reversed", "set", "tuple", "zip"})
"""Built-in functions that give what they are given, or its items, and do nothing else with them."""
_Graph: TypeAlias = NodeInstance | PipelineInstance
_COMPREHENSIONS: Final = (cst.DictComp, cst.BaseSimpleComp)


def some_node(pipeline: PipelineInstance) -> NodeInstance:
    """Return what stands for a node of a pipeline where it is not known which, or whether there is one yet."""
    return NodeInstance(NODE, {}, {}, pipeline.place)


class Uses:
    """The uses that one piece of code makes of pipelines and nodes.

    Attributes:
        taken: the names that it binds to a pipeline or to nodes.
    """

    def __init__(self, scope: Scope, root: cst.CSTNode) -> None:
        self.taken: dict[str, _Graph] = {}
        self._scope = scope
        self._root = root

    def is_harmless(self, value: Value, node: cst.CSTNode, path: Path) -> bool:
        """Return whether a mention of a pipeline, a node, or a container of them leaves the graph as it is."""
        parent = path[0] if path else None
        if isinstance(value, Unknown) and value.graph is not None:
            value = value.graph
        match parent:
            case cst.Attribute():
                return not is_target(parent, path[1:]) and self._may_read(value, parent, path[1:])
            case cst.Arg():
                return is_given_to(self._scope, path, HARMLESS)
        return is_looked_at(node, path)

    def _may_read(self, value: Value, node: cst.Attribute, path: Path) -> bool:
        if not isinstance(value, PipelineInstance):
            return isinstance(value, NodeInstance) and node.attr.value not in CHANGING_ATTRIBUTES
        attr = node.attr.value
        if attr not in _GIVING:
            return attr in PIPELINE_READS
        if attr == "nodes":
            return self._is_left_alone(some_node(value), node, path)
        if not is_called(node, path):
            return is_looked_at(node, path)
        given: _Graph = value if attr == "managed_execution" else some_node(value)
        return self._is_left_alone(given, path[0], path[1:])

    def _is_left_alone(self, value: _Graph, node: cst.CSTNode, path: Path) -> bool:
        """Return whether nothing is done to what an expression gives: a pipeline, nodes, or containers of them."""
        while path:
            parent = path[0]
            match parent:
                case cst.Arg() if is_given_to(self._scope, path, _PASSING_ON):
                    node, path = path[1], path[2:]
                    continue
                case cst.Subscript(value=whole) if whole is node and not is_target(parent, path[1:]):
                    node, path = parent, path[1:]
                    continue
                case cst.For(iter=iterable, target=target) if iterable is node:
                    return self.binds_harmlessly(target, value)
                case cst.CompFor(iter=iterable, target=target) if iterable is node:
                    comprehension = next((each for each in path if isinstance(each, _COMPREHENSIONS)), self._root)
                    inner = Uses(self._scope, comprehension)  # its names are its own
                    return inner.binds_harmlessly(target, value)
                case cst.WithItem(asname=asname):
                    return asname is None or self.binds_harmlessly(asname.name, value)
                case cst.Assign(targets=given):
                    return all(self.binds_harmlessly(each.target, value) for each in given)
            break
        return self.is_harmless(value, node, path)

    def binds_harmlessly(self, target: cst.BaseExpression, value: _Graph) -> bool:
        """Return whether nothing is done to what is bound to names here, wherever these are mentioned."""
        if any(isinstance(part, (cst.Attribute, cst.Subscript)) for part in _parts(target)):
            return False
        bound = set(targets(target))
        names = frozenset(name.value for name in bound) - self.taken.keys()
        self.taken |= dict.fromkeys(names, value)
        return all(
            name in bound or self._is_left_alone(value, name, path) for name, path in mentions_of(names, self._root)
        )


def _parts(target: cst.CSTNode) -> Iterator[cst.CSTNode]:
    waiting = [target]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (cst.Tuple, cst.List)):
            waiting.extend(element.value for element in node.elements)
