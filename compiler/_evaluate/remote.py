"""Functions and objects of `remotemedia` that make nodes or pipelines: remote executors, runs of a list of nodes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._evaluate.arguments import Argument, Arguments, bind
from remotemedia.compiler._evaluate.graph import make_node, run_nodes_at_once
from remotemedia.compiler._library import library_attribute
from remotemedia.compiler._values import (
    Known,
    LibraryClass,
    LibraryObject,
    NodeInstance,
    NotPlainError,
    Value,
    copied,
    plain,
)
from remotemedia.errors import RemoteMediaError

if TYPE_CHECKING:
    from collections.abc import Callable

    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["LIBRARY_CALLS", "place_elsewhere"]

_REMOTE: Final = "remotemedia.nodes.remote"


def _make_config(ev: Evaluator, arguments: Arguments, node: cst.Call) -> Value:
    """Make a `RemoteExecutorConfig`: a frozen dataclass, stated with all its fields."""
    from remotemedia.remote_config import RemoteExecutorConfig  # noqa: PLC0415 - few programs run anything elsewhere

    if arguments.unknown is not None:
        return ev.opaque(node, arguments.unknown[0])
    signature = inspect.signature(RemoteExecutorConfig)
    try:
        given = bind(signature, arguments)
    except TypeError as error:
        label, help_ = str(error).replace("'", "`"), "it takes `host` and `port`, and names for the rest"
        ev.findings.add("RM105", "arguments do not fit `RemoteExecutorConfig`", ev.place(node), label, help=help_)
        return ev.opaque(node)
    fields: dict[str, Value] = {
        name: copied(given[name].value) if name in given else Known(parameter.default)
        for name, parameter in signature.parameters.items()
    }
    _check(ev, RemoteExecutorConfig, fields, node)
    entry = f"{RemoteExecutorConfig.__module__}:{RemoteExecutorConfig.__qualname__}"
    return LibraryObject(entry, fields, {name: argument.place for name, argument in given.items()})


def _check(ev: Evaluator, cls: Any, fields: dict[str, Value], node: cst.Call) -> None:
    """Report what the class itself refuses (RM105); what is not known is left out."""
    known: dict[str, Any] = {}
    for name, value in fields.items():
        try:
            known[name] = plain(value)
        except NotPlainError:
            continue
    try:
        cls(**{"host": "host", "port": 1} | known)
    except (RemoteMediaError, TypeError) as error:
        message = error.message if isinstance(error, RemoteMediaError) else str(error)
        ev.findings.add("RM105", message, ev.place(node), "cannot be used")


def place_elsewhere(ev: Evaluator, config: LibraryObject, arguments: Arguments, node: cst.Call) -> Value:
    """Call a remote executor with a node, or the name of a class that it has: gives the node that stands for it."""
    first = next((argument for argument in arguments.given if argument.name in {None, "target"}), None)
    rest = tuple(argument for argument in arguments.given if argument is not first)
    if arguments.unknown is not None or first is None or any(argument.name is None for argument in rest):
        return ev.opaque(node)
    is_name = isinstance(first.value, Known) and isinstance(first.value.value, str)
    if not is_name and not isinstance(first.value, NodeInstance):
        return ev.opaque(node, first.value)
    cls = library_attribute(_REMOTE, "RemoteExecutionNode" if is_name else "RemoteObjectExecutionNode")
    if not isinstance(cls, LibraryClass):
        return ev.opaque(node)
    target = Argument("node_to_execute" if is_name else "obj_to_execute", first.value, first.place)
    return make_node(ev, cls, Arguments((target, Argument("remote_config", config, ev.place(node.func)), *rest)), node)


LIBRARY_CALLS: Final[dict[str, Callable[[Evaluator, Arguments, cst.Call], Value]]] = {
    "remotemedia.remote_config.RemoteExecutorConfig": _make_config,
    "remotemedia._execute.execute_pipeline": run_nodes_at_once,
    "remotemedia._execute.execute_pipeline_with_input": run_nodes_at_once,
}
"""Functions and classes of `remotemedia`, by the name of their home."""
