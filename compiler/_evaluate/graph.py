"""What a program does to its graph: it makes pipelines and nodes, adds and connects."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._evaluate.arguments import Argument, Arguments, bind
from remotemedia.compiler._evaluate.passing import refuse_change, run_later
from remotemedia.compiler._evaluate.signatures import signature_of
from remotemedia.compiler._library import NODE, PIPELINE, library_signature
from remotemedia.compiler._values import (
    Edge,
    External,
    Items,
    Known,
    LibraryClass,
    NodeInstance,
    PipelineInstance,
    ProjectClass,
    Unknown,
    Value,
    copied,
)

if TYPE_CHECKING:
    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator
    from remotemedia.compiler._source import Place

__all__ = ["call_pipeline", "make_node", "make_pipeline"]

_EITHER: Final = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _signature(required: tuple[str, ...], optional: tuple[str, ...]) -> inspect.Signature:
    return inspect.Signature(
        [
            *(inspect.Parameter(name, _EITHER) for name in required),
            *(inspect.Parameter(name, _EITHER, default=None) for name in optional),
        ]
    )


_ADD: Final = _signature(("node",), ("after",))
_CONNECT: Final = _signature(("a", "b"), ("from_port", "to_port"))


def make_node(ev: Evaluator, cls: LibraryClass | ProjectClass, arguments: Arguments, node: cst.Call) -> Value:
    """Make a node; where its arguments cannot be bound, one without them, so that the graph still stands."""
    made = NodeInstance(cls, {}, {}, ev.place(node))
    bound: dict[str, Argument] = {}
    if cls is NODE:
        _misfit(ev, cls, ev.place(node), "`Node` has no `process`", help_="derive a class from `Node`, and add that")
    else:
        bound = _bound(ev, cls, arguments, made)
    for name, argument in bound.items():
        made.arguments[name] = copied(argument.value)
        made.places[name] = argument.place
    if isinstance(cls, ProjectClass):
        run_later(ev, cls, ev.place(node))
    return made


def make_pipeline(ev: Evaluator, arguments: Arguments, node: cst.Call) -> Value:
    """Make a pipeline: `Pipeline("name")`, `Pipeline(name="name")`, `Pipeline([node, …])`."""
    place = ev.place(node)
    made = PipelineInstance(Known("pipeline"), place, place)
    ev.pipelines.append(made)
    if arguments.unknown is not None:
        refuse_change(ev, made, arguments.unknown[1], f"depends on {arguments.unknown[0].because}")
        return made
    try:
        bound = bind(library_signature(PIPELINE), arguments)
    except TypeError as error:
        _misfit(ev, PIPELINE, place, str(error), owner=made)
        return made
    nodes, name = bound.get("nodes"), bound.get("name")
    if nodes is not None and _is_name(nodes.value):
        if name is not None:
            _misfit(ev, PIPELINE, name.place, "a second name", owner=made)
        nodes, name = None, nodes
    if name is not None and not (isinstance(name.value, Known) and name.value.value is None):
        made.name, made.name_place = name.value, name.place
    for each in _listed(ev, made, nodes):
        _add(ev, made, each, None)
    return made


def call_pipeline(
    ev: Evaluator, pipeline: PipelineInstance, method: str, arguments: Arguments, node: cst.Call
) -> Value:
    """Call a method of a pipeline."""
    if method not in {"add", "connect"}:
        refuse_change(ev, pipeline, ev.place(node), f"`{method}` of a pipeline is not followed")
        return ev.unknown(f"what `{method}` of a pipeline returns", node)
    if arguments.unknown is not None:
        refuse_change(ev, pipeline, arguments.unknown[1], f"depends on {arguments.unknown[0].because}")
        return pipeline
    try:
        bound = bind(_ADD if method == "add" else _CONNECT, arguments)
    except TypeError as error:
        _misfit(ev, None, ev.place(node), str(error), owner=pipeline, called=f"Pipeline.{method}")
        return pipeline
    if method == "add":
        _add(ev, pipeline, bound["node"], bound.get("after"))
    else:
        _connect(ev, pipeline, bound)
    return pipeline


def _add(ev: Evaluator, pipeline: PipelineInstance, node: Argument, after: Argument | None) -> None:
    if not isinstance(node.value, NodeInstance):
        _refuse_node(ev, pipeline, node)
        return
    if after is None or _is_none(after):
        before = list(range(len(pipeline.nodes)))[-1:]
    else:
        before = [at for each in _listed(ev, pipeline, after) if (at := _position(ev, pipeline, each)) is not None]
    if pipeline.position(node.value) is not None:
        _misfit(
            ev, None, node.place, "added already", owner=pipeline, called="Pipeline.add",
            help_="draw further edges with `connect`",
        )  # fmt: skip
        return
    pipeline.edges.extend(Edge(at, len(pipeline.nodes)) for at in before)
    pipeline.nodes.append(node.value)


def _connect(ev: Evaluator, pipeline: PipelineInstance, bound: dict[str, Argument]) -> None:
    ends = [_position(ev, pipeline, bound[name]) for name in ("a", "b")]
    ports: list[str | None] = []
    for name in ("from_port", "to_port"):
        port = bound.get(name)
        known = port.value if port is not None else Known(None)
        if isinstance(known, Known) and isinstance(known.value, (str, type(None))):
            ports.append(known.value)
        elif port is not None:
            because = f"depends on {known.because}" if isinstance(known, Unknown) else "is no name of a port"
            refuse_change(ev, pipeline, port.place, because)
    if None not in ends and len(ports) == len(ends):
        source, target = (at for at in ends if at is not None)
        pipeline.edges.append(Edge(source, target, *ports))


def _listed(ev: Evaluator, pipeline: PipelineInstance, argument: Argument | None) -> list[Argument]:
    """Return the nodes of an argument that is one node, a list of them, or None."""
    if argument is None or _is_none(argument):
        return []
    value = argument.value
    if isinstance(value, Items) and value.lost is None and value.kind != "set":
        return [Argument(None, item, argument.place) for item in value.items]
    if isinstance(value, Items) and value.lost is not None:
        refuse_change(ev, pipeline, argument.place, f"depends on {value.lost.because}")
        return []
    return [argument]


def _position(ev: Evaluator, pipeline: PipelineInstance, argument: Argument) -> int | None:
    if not isinstance(argument.value, NodeInstance):
        _refuse_node(ev, pipeline, argument)
        return None
    at = pipeline.position(argument.value)
    if at is None:
        label = "not a node of this pipeline"
        _misfit(ev, None, argument.place, label, owner=pipeline, called="Pipeline.connect", help_="`add` it first")
    return at


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
            refuse_change(ev, pipeline, argument.place, f"depends on {unknown.because}")
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
