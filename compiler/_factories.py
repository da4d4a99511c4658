"""The functions of a module that make a pipeline, found without calling them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia.compiler._evaluate.mentions import loaded_names
from remotemedia.compiler._evaluate.parameters import required_parameters
from remotemedia.compiler._library import PIPELINE, is_library, resolve
from remotemedia.compiler._tree import dotted_name
from remotemedia.compiler._values import External, Function, ProjectClass, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from remotemedia.compiler._scope import Scope
    from remotemedia.compiler._source import Source

__all__ = ["factories"]


def factories(scope: Scope, source: Source) -> list[Function]:
    """Return the functions of a module that make a pipeline; one that another of them calls is that one's affair.

    Of those that need no arguments only the outermost are given, in the order in which they are defined. Those that do
    need arguments come last.
    """
    own = [value for value in scope.names.values() if isinstance(value, Function) and value.place.source is source]
    reached = {id(function): _reached(function) for function in own}
    making = [function for function in own if any(map(_is_pipeline, reached[id(function)].values()))]
    ready = [function for function in making if not required_parameters(function)]
    inner = {id(value) for function in ready for value in reached[id(function)].values() if value is not function}
    outermost = [function for function in ready if id(function) not in inner] or ready[:1]
    return outermost + [function for function in making if required_parameters(function)]


def _reached(function: Function) -> dict[int, Value]:
    """Return what a function mentions, and what that mentions in turn, functions and classes of the project."""
    found: dict[int, Value] = {}
    waiting: list[Value] = [function]
    while waiting:
        value = waiting.pop()
        if id(value) in found:
            continue
        found[id(value)] = value
        if isinstance(value, Function):
            waiting.extend(_mentioned(value.node, value.scope))
        elif isinstance(value, ProjectClass) and not value.is_node:
            waiting.extend(value.mro[1:])
            waiting.extend(each for each in value.own.names.values() if isinstance(each, Function))
    return found


def _mentioned(node: cst.CSTNode, scope: Scope) -> Iterator[Value]:
    for name, path in loaded_names(node, frozenset()):
        spot: cst.CSTNode = name
        at = 0
        value = resolve(scope, name.value)
        while value is not None:
            yield value
            if at == len(path):
                break
            spot, at = path[at], at + 1
            value = resolve(scope, dotted_name(spot))


def _is_pipeline(value: Value) -> bool:
    if isinstance(value, External):
        return is_library(value.name) and value.name.rpartition(".")[2].startswith("execute_pipeline")
    return value is PIPELINE
