"""What a program does to its graph: it makes pipelines and nodes, adds and connects."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._evaluate.arguments import Argument, Arguments, bind
from remotemedia.compiler._evaluate.iterables import collected
from remotemedia.compiler._evaluate.passing import refuse_change
from remotemedia.compiler._evaluate.signatures import signature_of
from remotemedia.compiler._library import NODE, PIPELINE, library_signature
from remotemedia.compiler._values import (
    Declaration,
    Declared,
    Edge,
    External,
    Items,
    Iteration,
    Known,
    LibraryClass,
    NodeInstance,
    NotPlainError,
    PipelineInstance,
    ProjectClass,
    Table,
    Unknown,
    Value,
    View,
    copied,
)

if TYPE_CHECKING:
    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator
    from remotemedia.compiler._source import Place

__all__ = ["call_pipeline", "make_node", "make_pipeline", "run_nodes_at_once"]

_EITHER: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _signature(required: tuple[str, ...], optional: tuple[str, ...]) -> inspect.Signature:
    return inspect.Signature(
        [
            *(inspect.Parameter(name, _EITHER) for name in required),
            *(inspect.Parameter(name, _EITHER, default=None) for name in optional),
        ]
    )


_ADD: Final = _signature(("node",), ("after", "sync"))
_CONNECT: Final = _signature(("a", "b"), ("from_port", "to_port"))
_METHODS: Final = {
    "add": _ADD,
    "add_node": _signature(("node",), ()),
    "connect": _CONNECT,
    "param": _signature(("name", "default"), ("description",)),
    "secret": _signature(("name",), ()),
}


def make_node(ev: Evaluator, cls: LibraryClass | ProjectClass, arguments: Arguments, node: cst.Call) -> Value:
    """Make a node; where its arguments cannot be bound, one without them, so that the graph still stands."""
    made = NodeInstance(cls, {}, {}, ev.place(node))
    ev.nodes.append(made)
    bound: dict[str, Argument] = {}
    if cls is NODE:
        _misfit(ev, cls, ev.place(node), "`Node` has no `process`", help_="derive a class from `Node`, and add that")
    else:
        bound = _bound(ev, cls, arguments, made)
    for name, argument in bound.items():
        made.arguments[name] = copied(argument.value)
        made.places[name] = argument.place
    return made


def make_pipeline(ev: Evaluator, arguments: Arguments, node: cst.Call) -> Value:
    """Make a pipeline: `Pipeline("name")`, `Pipeline(name="name")`, `Pipeline([node, …])`."""
    place = ev.place(node)
    made = PipelineInstance(Known("pipeline"), place, place)
    ev.pipelines.append(made)
    if arguments.unknown is not None:
        _refuse_unknown(ev, made, arguments.unknown)
        return made
    try:
        bound = bind(library_signature(PIPELINE), arguments)
    except TypeError as error:
        _misfit(ev, PIPELINE, place, str(error), owner=made)
        return made
    nodes, name = bound.get("nodes"), bound.get("name")
    if nodes is not None and _is_name(nodes.value) and (name is None or isinstance(nodes.value, Known)):
        if name is not None:
            _misfit(ev, PIPELINE, name.place, "a second name", owner=made)
        nodes, name = None, nodes
    if name is not None and not (isinstance(name.value, Known) and name.value.value is None):
        made.name, made.name_place = name.value, name.place
    for each in _listed(ev, made, nodes):
        _add(ev, made, each, None)
    return made


def run_nodes_at_once(ev: Evaluator, arguments: Arguments, node: cst.Call) -> Value:
    """Call `execute_pipeline`: nodes that are given to it are a pipeline; one that is given runs."""
    first = arguments.given[0] if arguments.given else None
    if first is None or arguments.unknown is not None:
        return ev.opaque(node)
    if not isinstance(first.value, PipelineInstance):
        make_pipeline(ev, Arguments((Argument("nodes", first.value, first.place),)), node)
    return ev.unknown("what a run of the pipeline gives", node)


def call_pipeline(
    ev: Evaluator, pipeline: PipelineInstance, method: str, arguments: Arguments, node: cst.Call
) -> Value:
    """Call a method of a pipeline."""
    signature = _METHODS.get(method)
    if signature is None:
        refuse_change(ev, pipeline, ev.place(node), f"`{method}` of a pipeline is not followed")
        return ev.unknown(f"what `{method}` of a pipeline returns", node)
    if arguments.unknown is not None:
        _refuse_unknown(ev, pipeline, arguments.unknown)
        return pipeline
    try:
        bound = bind(signature, arguments)
    except TypeError as error:
        _misfit(ev, None, ev.place(node), str(error), owner=pipeline, called=f"Pipeline.{method}")
        return pipeline
    match method:
        case "add" | "add_node":
            _add(ev, pipeline, bound["node"], bound.get("after"))
            _merge(ev, pipeline, bound["node"].value, bound.get("sync"))
        case "connect":
            _connect(ev, pipeline, bound, ev.place(node))
        case _:
            return _declare(ev, pipeline, method, bound, node)
    return pipeline


def _declare(
    ev: Evaluator, pipeline: PipelineInstance, method: str, bound: dict[str, Argument], node: cst.Call
) -> Value:
    """Call `param` or `secret`: the node that is passed the result is told of it by name."""
    name = bound["name"]
    if not isinstance(name.value, Known):
        because = name.value.because if isinstance(name.value, Unknown) else f"`{name.place.code()}`"
        message = f"the name of a {'parameter' if method == 'param' else method} is not known before run time"
        ev.findings.add(
            "RM107", message, name.place, f"depends on {because}", help="write the name out", owner=pipeline
        )
        return ev.opaque(node, name.value)
    text = name.value.value
    if not isinstance(text, str) or not text.isidentifier():
        _misfit(
            ev, None, name.place, "not a name", owner=pipeline, called=f"Pipeline.{method}",
            help_="a name has letters, digits and `_`",
        )  # fmt: skip
        return ev.opaque(node)
    if method == "secret":
        pipeline.secrets.setdefault(text, ev.place(node))
        return Declared("secret", text)
    description = bound["description"].value if "description" in bound else Known(None)
    declaration = Declaration(copied(bound["default"].value), description, bound["default"].place)
    pipeline.parameters.setdefault(text, declaration)
    pipeline.redeclared.append((text, declaration))
    return Declared("parameter", text)


def _add(ev: Evaluator, pipeline: PipelineInstance, node: Argument, after: Argument | None) -> None:
    if not isinstance(node.value, (NodeInstance, PipelineInstance)):
        _refuse_node(ev, pipeline, node)
        return
    if after is None or _is_none(after):
        before = [len(pipeline.nodes) - 1] if pipeline.nodes else []
    else:
        before = [at for each in _listed(ev, pipeline, after) if (at := _position(ev, pipeline, each)) is not None]
    if pipeline.position(node.value) is not None:
        is_node = isinstance(node.value, NodeInstance)
        _misfit(
            ev, None, node.place, "added already", owner=pipeline, called="Pipeline.add",
            help_="draw further edges with `connect`" if is_node else "make another one",
        )  # fmt: skip
        return
    pipeline.edges.extend(Edge(at, len(pipeline.nodes), place=node.place) for at in before)
    pipeline.nodes.append(node.value)


def _merge(ev: Evaluator, pipeline: PipelineInstance, node: Value, sync: Argument | None) -> None:
    """Note how a node that was added merges."""
    if sync is None or _is_none(sync):
        return
    if isinstance(sync.value, Unknown):
        refuse_change(ev, pipeline, sync.place, f"depends on {sync.value.because}", why=sync.value)
    elif not isinstance(sync.value, Known) or sync.value.value not in {"arrival", "pts"}:
        _misfit(ev, None, sync.place, "neither `arrival` nor `pts`", owner=pipeline, called="Pipeline.add")
    elif isinstance(node, NodeInstance):
        node.sync = sync.value.value
    else:
        _misfit(
            ev, None, sync.place, "a pipeline does not merge", owner=pipeline, called="Pipeline.add",
            help_="give `sync` where the pipeline's own first node is added",
        )  # fmt: skip


def _connect(ev: Evaluator, pipeline: PipelineInstance, bound: dict[str, Argument], place: Place) -> None:
    ends = [_position(ev, pipeline, bound[name]) for name in ("a", "b")]
    ports: list[str | None] = []
    places: dict[str, Place] = {}
    for name in ("from_port", "to_port"):
        port = bound.get(name)
        known = port.value if port is not None else Known(None)
        if isinstance(known, Known) and isinstance(known.value, (str, type(None))):
            ports.append(known.value)
            places |= {name: port.place} if port is not None else {}
        elif port is not None:
            why = known if isinstance(known, Unknown) else None
            label = f"depends on {why.because}" if why is not None else "is no name of a port"
            refuse_change(ev, pipeline, port.place, label, why=why)
    if None not in ends and len(ports) == len(ends):
        source, target = (at for at in ends if at is not None)
        pipeline.edges.append(Edge(source, target, ports[0], ports[1], place, places))


def _listed(ev: Evaluator, pipeline: PipelineInstance, argument: Argument | None) -> list[Argument]:
    """Return the nodes of an argument that is one node, a list of them, or None."""
    if argument is None or _is_none(argument):
        return []
    value = argument.value
    if isinstance(value, (NodeInstance, PipelineInstance)):
        return [argument]
    if isinstance(value, (Items, Iteration, Table, View)):
        try:
            return [Argument(None, item, argument.place) for item in collected(ev, value, argument.place.node)]
        except NotPlainError as error:
            _refuse_unknown(ev, pipeline, (ev.opaque(argument.place.node, error.value), argument.place))
            return []
    return [argument]


def _position(ev: Evaluator, pipeline: PipelineInstance, argument: Argument) -> int | None:
    if not isinstance(argument.value, (NodeInstance, PipelineInstance)):
        _refuse_node(ev, pipeline, argument)
        return None
    at = pipeline.position(argument.value)
    if at is None:
        label = "not a node of this pipeline"
        _misfit(ev, None, argument.place, label, owner=pipeline, called="Pipeline.connect", help_="`add` it first")
    return at


def _refuse_unknown(ev: Evaluator, pipeline: PipelineInstance, unknown: tuple[Unknown, Place]) -> None:
    why, place = unknown
    refuse_change(ev, pipeline, place, f"depends on {why.because}", why=why)


def _refuse_node(ev: Evaluator, pipeline: PipelineInstance, argument: Argument) -> None:
    """Report what stands where a node is expected."""
    match argument.value:
        case Unknown(reported=True):
            pass
        case Unknown(foreign=True) as unknown:
            message, label = "a node's class cannot be found", f"depends on {unknown.because}"
            help_ = "derive a class from `Node` in this file or beside it, or take one of `remotemedia`"
            ev.findings.add("RM104", message, argument.place, label, help=help_, owner=pipeline)
        case Unknown() as unknown:
            _refuse_unknown(ev, pipeline, (unknown, argument.place))
        case ProjectClass() | LibraryClass() as cls:
            label, help_ = f"the class `{cls.name}` itself", f"add an instance: `{cls.name}(…)`"
            _misfit(ev, None, argument.place, label, owner=pipeline, called="Pipeline.add", help_=help_)
        case _:
            label, help_ = "not a node", "derive its class from `Node`"
            _misfit(ev, None, argument.place, label, owner=pipeline, called="Pipeline.add", help_=help_)


def _bound(
    ev: Evaluator, cls: LibraryClass | ProjectClass, arguments: Arguments, made: NodeInstance
) -> dict[str, Argument]:
    signature = signature_of(cls)
    if isinstance(signature, Unknown):
        _misfit(ev, cls, made.place, f"its signature depends on {signature.because}")
        return {}
    if arguments.unknown is not None:
        why, place = arguments.unknown
        message = f"arguments of `{cls.name}` are not known before run time"
        ev.findings.add("RM107", message, place, f"depends on {why.because}", help="write the arguments out")
        return {}
    try:
        return bind(signature, arguments)
    except TypeError as error:
        note = f"it is made by `{cls.name}{signature}`"
        _misfit(ev, cls, made.place, str(error), notes=(note,))
        return {}


def _misfit(
    ev: Evaluator,
    cls: LibraryClass | ProjectClass | None,
    place: Place,
    label: str,
    *,
    called: str = "",
    notes: tuple[str, ...] = (),
    help_: str | None = None,
    owner: PipelineInstance | None = None,
) -> None:
    message = f"arguments do not fit `{cls.name if cls is not None else called}`"
    ev.findings.add("RM105", message, place, label.replace("'", "`"), notes=notes, help=help_, owner=owner)


def _is_name(value: Value) -> bool:
    """Return whether the first argument of `Pipeline` is its name; what is not known most likely is."""
    return isinstance(value, (Unknown, External)) or (isinstance(value, Known) and isinstance(value.value, str))


def _is_none(argument: Argument) -> bool:
    return isinstance(argument.value, Known) and argument.value.value is None
