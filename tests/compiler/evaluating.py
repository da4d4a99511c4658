"""Programs as text, evaluated without running them, and what is known of their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from remotemedia._project import Project
from remotemedia.compiler._evaluate import EXPRESSIONS, STATEMENTS, Evaluator
from remotemedia.compiler._findings import Findings
from remotemedia.compiler._modules import Modules
from remotemedia.compiler._stating import Fault, Stating
from remotemedia.compiler._values import Items, Known, PipelineInstance, Value

__all__ = ["UNKNOWN", "evaluated", "known", "names_of"]

UNKNOWN = object()


def evaluated(text: str, directory: Path) -> tuple[Evaluator, dict[str, Value]]:
    """Evaluate a program in a directory of its own; return the evaluator and the module's names."""
    program = directory / "pipeline.py"
    program.write_text(text, encoding="utf-8")
    project, findings = Project.of(program), Findings()
    modules = Modules(project, findings)
    source = modules.entry()
    evaluator = Evaluator(source, modules, findings, EXPRESSIONS, STATEMENTS)
    return evaluator, evaluator.module(source, name="__main__").scope.names


def names_of(text: str, directory: Path) -> dict[str, Any]:
    """Evaluate a program; return the Python objects that its names are known to stand for, or `UNKNOWN`."""
    evaluator, names = evaluated(text, directory)
    return {name: known(evaluator, value) for name, value in names.items()}


def known(evaluator: Evaluator, value: Value) -> Any:
    """Return the Python object that a value is known to stand for, or `UNKNOWN`."""
    owner = PipelineInstance(
        Known("test"), evaluator.place(evaluator.source.tree), evaluator.place(evaluator.source.tree)
    )
    try:
        made = Stating(evaluator.modules.project, evaluator.findings, owner).state(value)
    except Fault:
        return UNKNOWN
    return tuple(made) if isinstance(value, Items) and value.kind == "tuple" else made
