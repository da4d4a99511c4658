"""From an evaluated pipeline to manifest v1, by the rules that `Pipeline.to_manifest` follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from remotemedia._params import lower_params, remote_fields
from remotemedia.compiler._flat import FlatGraph, flattened
from remotemedia.compiler._stating import Fault, Stating
from remotemedia.compiler._values import (
    Bound,
    Builtin,
    Declared,
    External,
    Function,
    Instance,
    Items,
    Iteration,
    Known,
    LibraryClass,
    Live,
    Method,
    NodeInstance,
    OpenFile,
    PipelineInstance,
    ProjectClass,
    ProjectModule,
    Table,
    Unknown,
    View,
)
from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from remotemedia._project import Project
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values import Declaration, Edge, Value

__all__ = ["Stated", "manifest_of"]

_LABELS: Final = {"RM108": "cannot stand in a manifest", "RM109": "not a file of the project"}
_PLAIN: Final = "pass plain data, an array, a `Path`, or something that has a name; make the rest inside the node"
_WHOLE: Final = "pass the parameter itself to the node, and compute with it in the node's constructor"


class Stated(NamedTuple):
    """A manifest, and what it is about.

    Attributes:
        graph: the nodes and edges that it states.
        data: the arrays that travel beside it, by their path.
        classes: the project's classes of all nodes, those in arguments as well, by `module:Class`.
        code: these, and the project's other classes and functions in arguments, by their name.
    """

    manifest: dict[str, Any]
    graph: FlatGraph
    data: dict[str, bytes]
    classes: dict[str, ProjectClass]
    code: dict[str, ProjectClass | Function]


def manifest_of(pipeline: PipelineInstance, project: Project, findings: Findings) -> Stated:
    """Return manifest v1; what cannot stand in it is among the findings, and left out."""
    graph = flattened(pipeline, findings)
    writer = _Writer(pipeline, project, findings)
    manifest = {
        "version": "v1",
        "metadata": {"name": writer.name()},
        "nodes": [writer.node(node, name) for node, name in zip(graph.nodes, graph.ids, strict=True)],
        "connections": [_connection(edge, graph.ids) for edge in graph.edges],
    } | writer.declared()
    return Stated(manifest, graph, writer.data, writer.classes, {**writer.classes, **writer.named})


class _Writer:
    """Writes one manifest, and collects what cannot stand in it."""

    def __init__(self, pipeline: PipelineInstance, project: Project, findings: Findings) -> None:
        self.data: dict[str, bytes] = {}
        self._pipeline = pipeline
        self._project = project
        self._findings = findings
        self._stating = Stating(project, findings, pipeline)
        self.classes = self._stating.classes
        self.named = self._stating.named

    def name(self) -> str:
        """Return the pipeline's name."""
        name, place = self._pipeline.name, self._pipeline.name_place
        match name:
            case Known(value=str() as text) if text:
                return text
            case Unknown() | External():
                self._unknown("the pipeline's name is not known before run time", place, _reason(name))
            case Declared():
                self._unknown("the pipeline's name is not known before run time", place, _declared(name, place))
            case _:
                message = "arguments do not fit `Pipeline`"
                self._findings.add("RM105", message, place, "not a name", owner=self._pipeline)
        return ""

    def node(self, node: NodeInstance, name: str) -> dict[str, Any]:
        """Return a node under its id."""
        builtin = node.cls.node_type if isinstance(node.cls, LibraryClass) else None
        described: dict[str, Any] = {"id": name, "node_type": node.cls.name, "params": {}}
        arguments: dict[str, Any] = {}
        for argument, value in node.arguments.items():
            place = node.places[argument]
            try:
                arguments[argument] = self._stating.state(value)
                described["params"] |= lower_params(
                    {argument: arguments[argument]}, node=name, builtin=builtin, project=self._project, data=self.data
                )
            except Fault as fault:
                subject = f"argument `{argument}` of `{node.cls.name}`"
                self._refuse(subject, argument, fault.spot(place), fault.value)
            except PipelineError as error:
                self._report(error, place)
        if isinstance(node.cls, ProjectClass):
            described["entry"] = self._stating.node_entry(node.cls)
        if node.sync is not None:
            described["sync"] = node.sync
        try:
            described |= remote_fields(arguments, node.cls.name if builtin is not None else "", self._project)
        except PipelineError as error:
            self._report(error, node.places.get("remote_config", node.place))
        return described

    def declared(self) -> dict[str, Any]:
        """Return the parameters and secrets that the pipeline and those in it declare; only what there is."""
        parameters: dict[str, Any] = {}
        secrets: list[str] = []
        for pipeline in _with_nested(self._pipeline):
            for name, declaration in pipeline.redeclared:
                stated = self._parameter(name, declaration)
                if parameters.setdefault(name, stated) != stated:
                    message = f"expected the parameter `{name}` to be declared in one way, got two"
                    self._findings.add("RM105", message, declaration.place, "declared in another way before")
            secrets += (name for name in pipeline.secrets if name not in secrets)
        fields = {"parameters": parameters, "secrets": secrets}
        return {field: value for field, value in fields.items() if value}

    def _parameter(self, name: str, declaration: Declaration) -> dict[str, Any]:
        described: dict[str, Any] = {}
        subject = f"the default of parameter `{name}`"
        try:
            default = {"default": self._stating.state(declaration.default)}
            described = lower_params(default, node=name, builtin=None, project=self._project, data=None)
            description = self._stating.state(declaration.description)
        except Fault as fault:
            self._refuse(subject, None, declaration.place, fault.value)
        except PipelineError as error:
            self._report(error, declaration.place)
        else:
            described |= {} if description is None else {"description": description}
        return described

    def _report(self, error: PipelineError, place: Place) -> None:
        label = _LABELS.get(error.code, "")
        self._findings.add(error.code, error.message, place, label, help=error.hint, owner=self._pipeline)

    def _refuse(self, subject: str, argument: str | None, place: Place, value: Value) -> None:
        match value:
            case Unknown() | External():
                self._unknown(f"{subject} is not known before run time", place, _reason(value), argument)
            case _ if (lost := getattr(value, "lost", None)) is not None:
                self._unknown(f"{subject} is not known before run time", place, lost, argument)
            case _:
                message = f"{subject} cannot stand in a manifest"
                self._findings.add("RM108", message, place, _described(value), help=_PLAIN, owner=self._pipeline)

    def _unknown(self, message: str, place: Place, why: Unknown, argument: str | None = None) -> None:
        """Report what is not known (RM107), with the steps that lead from there to its source."""
        if why.reported:
            return
        help_ = why.remedy(argument) or "state a value that is known without running the program"
        help_ = _WHOLE if why.because.startswith("the parameter `") else help_
        label = f"depends on {why.because}"
        self._findings.add(
            why.code or "RM107", message, place, label,
            notes=why.told_from(place), help=help_, owner=self._pipeline,
        )  # fmt: skip


def _with_nested(pipeline: PipelineInstance, seen: set[int] | None = None) -> list[PipelineInstance]:
    """Return a pipeline and those in it, each once, in the order in which the running program declares."""
    seen = set() if seen is None else seen
    if id(pipeline) in seen:
        return []
    seen.add(id(pipeline))
    nested = [element for element in pipeline.nodes if isinstance(element, PipelineInstance)]
    return [pipeline, *(inner for element in nested for inner in _with_nested(element, seen))]


def _declared(value: Declared, place: Place) -> Unknown:
    return Unknown(f"the {value.kind} `{value.name}`, which a run may change", place)


def _reason(value: Unknown | External) -> Unknown:
    return value if isinstance(value, Unknown) else Unknown(f"`{value.name}`", value.place)


def _described(value: Value) -> str:  # noqa: C901, PLR0911, PLR0912 - one a kind of value
    match value:
        case Live():
            return value.what
        case Items():
            return f"a {value.kind}"
        case Table():
            return f"a {value.kind}"
        case NodeInstance():
            return f"a node of class `{value.cls.name}`"
        case PipelineInstance():
            return "a pipeline"
        case ProjectClass() | LibraryClass():
            return f"the class `{value.name}`"
        case Instance():
            return f"an instance of `{value.cls.name}`"
        case Function() | Builtin():
            return "a lambda" if value.name == "<lambda>" else f"the function `{value.name}`"
        case ProjectModule():
            return f"the module `{value.name}`"
        case Method(receiver=Live(what=what), name=name):
            return f"`{name}` of {what}"
        case Method():
            return f"the method `{value.name}`"
        case Bound():
            return f"the method `{value.function.name}` of an object"
        case Iteration():
            return "an iterator"
        case View():
            return f"the {value.part} of a dict"
        case OpenFile():
            return "an open file"
    return "a live object"


def _connection(edge: Edge, ids: list[str]) -> dict[str, str]:
    ports = {"from_port": edge.from_port, "to_port": edge.to_port}
    named = {key: port for key, port in ports.items() if port is not None}
    return {"from": ids[edge.source], "to": ids[edge.target], **named}
