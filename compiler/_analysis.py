"""One analysis, from the pipeline's file to the program; it needs libcst, which is imported with it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._choice import choose
from remotemedia.compiler._diagnostic import Diagnostic, compile_error
from remotemedia.compiler._evaluate import EXPRESSIONS, STATEMENTS, Evaluator
from remotemedia.compiler._findings import Findings
from remotemedia.compiler._imports import close
from remotemedia.compiler._manifest import manifest_of
from remotemedia.compiler._modules import Modules
from remotemedia.compiler._program import Import, Program, ProjectFile, SourceModule
from remotemedia.compiler._sandbox_rule import find_unsandboxed
from remotemedia.compiler._values import ProjectClass
from remotemedia.errors import CompileError
from remotemedia.schemas.tables import node_type

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from remotemedia._project import Project
    from remotemedia.compiler._imports import Closure

__all__ = ["analyse"]

_CHUNK: Final = 1 << 20


def analyse(project: Project, wanted: str | None) -> Program:
    """Return what the pipeline's file of a project states.

    Args:
        project: the file and its root.
        wanted: the pipeline's variable or name, where the file builds several.

    Raises:
        CompileError: RM101 to RM114.
    """
    findings = Findings()
    modules = Modules(project, findings)
    source = modules.entry()
    evaluator = Evaluator(source, modules, findings, EXPRESSIONS, STATEMENTS)
    scope = evaluator.module(source, name="__main__").scope
    closure = close(modules, source, findings)
    try:
        chosen = choose(evaluator.pipelines, source, scope, wanted)
    except CompileError:
        findings.check()  # what was refused explains better why there is no pipeline
        raise
    manifest = manifest_of(chosen, project, findings)
    classes = {
        described["entry"]: node.cls
        for described, node in zip(manifest["nodes"], chosen.nodes, strict=True)
        if isinstance(node.cls, ProjectClass)
    }
    unsandboxed = find_unsandboxed(closure, classes, findings)
    warnings = findings.check(chosen)
    return Program(
        root=project.root,
        source=project.source,
        manifest=manifest,
        files=tuple(_files(project, manifest)),
        modules=tuple(
            sorted((SourceModule(s.name, s.sha256(), s.text) for s in closure.sources), key=lambda module: module.path)
        ),
        entries=tuple(classes),
        imports=tuple(_imports(closure)),
        diagnostics=warnings,
        unsandboxed=unsandboxed,
    )


def _files(project: Project, manifest: dict[str, Any]) -> Iterator[ProjectFile]:
    """Give every file that the manifest names; a model for one parameter is a model for all."""
    models: dict[str, bool] = {}
    for node in manifest["nodes"]:
        builtin = node_type(node["node_type"]) if "entry" not in node else None
        for name, value in node["params"].items():
            parameter = builtin.parameter(name) if builtin is not None else None
            is_model = parameter is not None and parameter.type == "model"
            for path in _named_files(value):
                models[path] = models.get(path, False) or is_model
    for path, is_model in sorted(models.items()):
        digest, size = _digest(project.root / path)
        yield ProjectFile(path, "model" if is_model else "file", digest, size)


def _named_files(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.keys() == {"$file"}:
            yield value["$file"]
            return
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _named_files(item)


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        message = f"expected a readable file at `{path.name}`, got an error: {(error.strerror or '').lower()}"
        raise compile_error([Diagnostic("RM109", "error", message)]) from error
    return digest.hexdigest(), size


def _imports(closure: Closure) -> Iterator[Import]:
    importers: dict[str, set[str]] = {}
    required: set[str] = set()
    for source in closure.sources:
        for use in closure.uses[source.name]:
            name = (use.name or "").partition(".")[0]
            if name and name != "__future__" and not closure.inside[use]:
                importers.setdefault(name, set()).add(source.name)
                if not use.optional:
                    required.add(name)
    for name in sorted(importers):
        yield Import(name, name not in required, tuple(sorted(importers[name])))
