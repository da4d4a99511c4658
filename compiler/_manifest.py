"""From an evaluated pipeline to manifest v1, by the rules that `Pipeline.to_manifest` follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia._ids import assign_ids, chosen_name
from remotemedia._params import lower_params
from remotemedia.compiler._imports import is_main_guard
from remotemedia.compiler._library import resolve
from remotemedia.compiler._tree import walk
from remotemedia.compiler._values import (
    Builtin,
    External,
    Function,
    Items,
    Known,
    LibraryClass,
    Live,
    Method,
    NodeInstance,
    NotPlainError,
    PipelineInstance,
    ProjectClass,
    ProjectModule,
    Unknown,
    plain,
)
from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from remotemedia._project import Project
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values import Value

__all__ = ["manifest_of"]

_LABELS: Final = {"RM108": "not plain data", "RM109": "not a file of the project"}
_PLAIN: Final = "pass None, bool, int, float, str, lists or dicts of these, or a `Path`; make the rest inside the node"


def manifest_of(pipeline: PipelineInstance, project: Project, findings: Findings) -> dict[str, Any]:
    """Return manifest v1; what cannot stand in it is among the findings, and left out."""
    ids = _ids(pipeline, findings)
    nodes = [_node(node, name, pipeline, project, findings) for node, name in zip(pipeline.nodes, ids, strict=True)]
    return {
        "version": "v1",
        "metadata": {"name": _name(pipeline, findings)},
        "nodes": nodes,
        "connections": [_connection(pipeline, at, ids) for at in range(len(pipeline.edges))],
    }


def _entry(cls: ProjectClass, pipeline: PipelineInstance, project: Project, findings: Findings) -> str:
    """Return `module:Class`; a class that is not found by that name once its module is loaded is reported (RM104)."""
    message, help_ = (
        f"the class `{cls.qualname}` cannot be found by its name",
        "define it once, at the top of its module",
    )
    if resolve(cls.own.module, cls.qualname) is not cls:
        findings.add("RM104", message, cls.place, "the name stands for something else", help=help_, owner=pipeline)
    elif any(is_main_guard(block.test) and cls.node in walk(block) for block in _conditions(cls)):
        findings.add(
            "RM104", message, cls.place, "defined only when the file is run as a program", help=help_, owner=pipeline
        )
    try:
        return project.entry(cls.place.source.path, cls.qualname)
    except PipelineError as error:
        findings.add(error.code, error.message, cls.place, help=error.hint, owner=pipeline)
        return ""


def _conditions(cls: ProjectClass) -> list[cst.If]:
    return [statement for statement in cls.place.source.tree.body if isinstance(statement, cst.If)]


def _name(pipeline: PipelineInstance, findings: Findings) -> str:
    match pipeline.name:
        case Known(value=str() as name) if name:
            return name
        case Unknown() | External():
            message = "the pipeline's name is not known before run time"
            _unknown(findings, message, pipeline.name_place, _reason(pipeline.name), pipeline)
        case _:
            message = "arguments do not fit `Pipeline`"
            findings.add("RM105", message, pipeline.name_place, "not a name", owner=pipeline)
    return ""


def _ids(pipeline: PipelineInstance, findings: Findings) -> list[str]:
    names = [(_chosen(node), node.cls.name) for node in pipeline.nodes]
    while True:
        try:
            return assign_ids(names)
        except PipelineError as error:
            taken = [at for at, (chosen, _) in enumerate(names) if chosen == error.details["name"]]
            first, second = (pipeline.nodes[at] for at in taken[:2])
            place = second.places.get("name", second.place)
            line = first.place.span().line
            findings.add(
                error.code,
                error.message,
                place,
                "taken already",
                notes=(f"the first is made in line {line} of `{first.place.source.name}`",),
                help=error.hint,
                owner=pipeline,
            )
            names[taken[1]] = (None, names[taken[1]][1])


def _chosen(node: NodeInstance) -> str | None:
    name = node.arguments.get("name")
    return chosen_name({"name": name.value}) if isinstance(name, Known) else None


def _node(
    node: NodeInstance, name: str, pipeline: PipelineInstance, project: Project, findings: Findings
) -> dict[str, Any]:
    described: dict[str, Any] = {"id": name, "node_type": node.cls.name, "params": {}}
    builtin = node.cls.node_type if isinstance(node.cls, LibraryClass) else None
    for argument, value in node.arguments.items():
        place = node.places[argument]
        subject = f"argument `{argument}` of `{node.cls.name}`"
        try:
            known = {argument: plain(value)}
            described["params"] |= lower_params(known, node=name, builtin=builtin, project=project)
        except NotPlainError as error:
            _refuse(findings, subject, place, error.value, pipeline)
        except PipelineError as error:
            findings.add(error.code, error.message, place, _LABELS[error.code], help=error.hint, owner=pipeline)
    if isinstance(node.cls, ProjectClass):
        described["entry"] = _entry(node.cls, pipeline, project, findings)
    return described


def _refuse(findings: Findings, subject: str, place: Place, value: Value, pipeline: PipelineInstance) -> None:
    if isinstance(value, (Unknown, External)):
        _unknown(findings, f"{subject} is not known before run time", place, _reason(value), pipeline)
        return
    message = f"{subject} cannot stand in a manifest"
    findings.add("RM108", message, place, _described(value), help=_PLAIN, owner=pipeline)


def _reason(value: Unknown | External) -> Unknown:
    return value if isinstance(value, Unknown) else Unknown(f"`{value.name}`", value.place)


def _unknown(findings: Findings, message: str, place: Place, why: Unknown, pipeline: PipelineInstance) -> None:
    """Report what is not known (RM107), with the line that is to blame where that is another one."""
    if why.reported:
        return
    notes: tuple[str, ...] = ()
    if why.place is not None:
        here, there = place.span(), why.place.span()
        if (here.file, here.line) != (there.file, there.line):
            notes = (f"line {there.line} of `{there.file}`: `{there.text.strip()}`",)
    label, help_ = f"depends on {why.because}", "state a value that is known without running the program"
    findings.add("RM107", message, place, label, notes=notes, help=help_, owner=pipeline)


def _described(value: Value) -> str:  # noqa: PLR0911 - one a kind of value
    match value:
        case Live():
            return value.what
        case Items():
            return f"a {value.kind}"
        case NodeInstance():
            return f"a node of class `{value.cls.name}`"
        case PipelineInstance():
            return "a pipeline"
        case ProjectClass() | LibraryClass():
            return f"the class `{value.name}`"
        case Function() | Builtin():
            return f"the function `{value.name}`"
        case ProjectModule():
            return f"the module `{value.name}`"
        case Method():
            return f"the method `{value.name}`"
    return "a live object"


def _connection(pipeline: PipelineInstance, at: int, ids: list[str]) -> dict[str, str]:
    edge = pipeline.edges[at]
    ports = {"from_port": edge.from_port, "to_port": edge.to_port}
    named = {key: port for key, port in ports.items() if port is not None}
    return {"from": ids[edge.source], "to": ids[edge.target], **named}
