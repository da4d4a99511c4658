"""One analysis, from the pipeline's file to the program; it needs libcst, which is imported with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from remotemedia.compiler._choice import choose
from remotemedia.compiler._depends import find_dependencies
from remotemedia.compiler._diagnostic import Diagnostic, compile_error
from remotemedia.compiler._evaluate import EXPRESSIONS, STATEMENTS, Evaluator
from remotemedia.compiler._findings import Findings
from remotemedia.compiler._imports import close
from remotemedia.compiler._library import resolve
from remotemedia.compiler._manifest import manifest_of
from remotemedia.compiler._modules import Modules
from remotemedia.compiler._program import DataFile, Import, Program, ProjectFile, SourceModule
from remotemedia.compiler._resources import find_resources
from remotemedia.compiler._rules import Graph, apply_rules
from remotemedia.compiler._values import Function, PipelineInstance, ProjectClass
from remotemedia.compiler._watch import saw
from remotemedia.compiler._weights import find_weights, model_arguments
from remotemedia.compiler.sandbox import named_code
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia._project import Project
    from remotemedia.compiler._imports import Closure

__all__ = ["analyse", "analyse_traced"]


Digest: TypeAlias = Callable[[Path], str]
"""Gives SHA-256 of a file in hexadecimal, or what stands in its place; raises `OSError`."""


def analyse(project: Project, wanted: str | None, digest: Digest) -> Program:
    """Return what the pipeline's file of a project states.

    Args:
        project: the file and its root.
        wanted: the pipeline's variable or name, where the file builds several.
        digest: of the files that the pipeline names.

    Raises:
        CompileError: RM101 to RM134.
    """
    findings = Findings()
    modules = Modules(project, findings)
    source = modules.entry()
    evaluator = Evaluator(source, modules, findings, EXPRESSIONS, STATEMENTS)
    scope = evaluator.module(source, name="__main__").scope
    closure = close(modules, source, findings)
    try:
        chosen = choose(evaluator, source, scope, wanted)
    except CompileError:
        findings.check()  # what was refused explains better why there is no pipeline
        raise
    stated = manifest_of(chosen, project, findings)
    manifest, flat = stated.manifest, stated.graph
    graph = Graph(chosen, flat.nodes, flat.edges, manifest, project, scope, evaluator.nodes, evaluator.pipelines)
    apply_rules(graph, findings)
    weights = find_weights(flat.nodes, manifest, project, findings)
    inputs = tuple(_inputs(evaluator, manifest))
    built = Built(manifest, stated.data, tuple(stated.classes), stated.code, weights, inputs, chosen)
    return _program(modules, closure, built, findings, digest)


def analyse_traced(project: Project, manifest: dict[str, Any], arrays: Mapping[str, bytes], digest: Digest) -> Program:
    """Return what a program states that was run; its sources are read for what they depend on.

    Args:
        project: the file and its root.
        manifest: what the program built.
        arrays: those that the manifest names, by their path.
        digest: of the files that the pipeline names.

    Raises:
        CompileError: RM101, RM109 to RM111, RM114 and RM130 to RM134.
    """
    findings = Findings()
    modules = Modules(project, findings)
    source = modules.entry()
    # What the evaluation refuses is what tracing is for; only the classes that it finds are wanted.
    evaluator = Evaluator(source, modules, Findings(), EXPRESSIONS, STATEMENTS)
    evaluator.module(source, name="__main__")
    closure = close(modules, source, findings)
    entries = tuple(dict.fromkeys(node["entry"] for node in _nodes(manifest) if "entry" in node))
    names = dict.fromkeys((*entries, *(name for node in manifest["nodes"] for name in named_code(node))))
    code = {name: found for name in names if (found := _code(evaluator, modules, name)) is not None}
    return _program(modules, closure, Built(manifest, arrays, entries, code), findings, digest)


@dataclass(frozen=True)
class Built:
    """A pipeline, however it was found out.

    Attributes:
        manifest: what it states.
        data: the arrays that the manifest names, by their path.
        entries: the project's classes of its nodes, `module:Class`.
        code: these classes, and the project's other classes and functions in arguments, by their name.
        weights: further files of its models, by path from the project's root.
        inputs: files that were read to build it.
        pipeline: the pipeline itself, where it was read: findings about others do not count.
    """

    manifest: dict[str, Any]
    data: Mapping[str, bytes]
    entries: tuple[str, ...]
    code: Mapping[str, ProjectClass | Function]
    weights: tuple[str, ...] = ()
    inputs: tuple[ProjectFile, ...] = ()
    pipeline: PipelineInstance | None = None


def _program(modules: Modules, closure: Closure, built: Built, findings: Findings, digest: Digest) -> Program:
    project = modules.project
    dependencies = find_dependencies(closure, modules, built.code, built.manifest["nodes"], findings)
    resources = find_resources(closure, modules, findings)
    warnings = findings.check(built.pipeline)
    return Program(
        root=project.root,
        source=project.source,
        manifest=built.manifest,
        files=(*_files(project, built.manifest, built.weights, digest), *built.inputs),
        modules=tuple(
            sorted((SourceModule(s.name, s.sha256(), s.text) for s in closure.sources), key=lambda module: module.path)
        ),
        entries=built.entries,
        imports=tuple(_imports(closure)),
        diagnostics=warnings,
        data=tuple(DataFile(path, _digest_of(path), content) for path, content in sorted(built.data.items())),
        dependencies=dependencies,
        resources=tuple(ProjectFile(path, "file", *_seen(project.root / path, digest)) for path in resources),
    )


def _code(evaluator: Evaluator, modules: Modules, name: str) -> ProjectClass | Function | None:
    """Return the class or function that is called `module:qualname`, if the evaluation has found it."""
    module, _, qualname = name.partition(":")
    source = modules.get(module)
    if source is None:
        return None
    found = resolve(evaluator.module(source).scope, qualname)
    return found if isinstance(found, (ProjectClass, Function)) else None


def _files(
    project: Project, manifest: dict[str, Any], weights: tuple[str, ...], digest: Digest
) -> Iterator[ProjectFile]:
    """Give every file that the manifest or a model names; a model for one parameter is a model for all."""
    models: dict[str, bool] = dict.fromkeys(_named_files(manifest), False)
    for node in _nodes(manifest):
        for _, value in model_arguments(node):
            models |= dict.fromkeys(_named_files(value), True)
    models |= dict.fromkeys(weights, True)
    for path, is_model in sorted(models.items()):
        yield ProjectFile(path, "model" if is_model else "file", *_seen(project.root / path, digest))


def _inputs(evaluator: Evaluator, manifest: dict[str, Any]) -> Iterator[ProjectFile]:
    """Give the files that the program read to build its graph, unless the manifest names them as well."""
    named = set(_named_files(manifest))
    for read in evaluator.inputs.files:
        if read.path not in named:
            yield ProjectFile(read.path, "input", read.sha256, read.size)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Give the nodes of a manifest, and those that stand in arguments of others."""
    if isinstance(value, dict):
        if "node_type" in value and isinstance(value.get("params"), dict):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item)


def _digest_of(path: str) -> str:
    """Return the digest that names an array's file: `data/<sha256>.npy`."""
    return path.partition("/")[2].partition(".")[0]


def _named_files(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.keys() == {"$file"}:
            yield value["$file"]
            return
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _named_files(item)


def _seen(path: Path, digest: Digest) -> tuple[str, int]:
    """Return digest and size of a file that the result depends on."""
    saw(path)
    try:
        return digest(path), path.stat().st_size
    except OSError as error:
        message = f"expected a readable file at `{path.name}`, got an error: {(error.strerror or '').lower()}"
        raise compile_error([Diagnostic("RM109", "error", message)]) from error


def _imports(closure: Closure) -> Iterator[Import]:
    importers: dict[str, set[str]] = {}
    required: set[str] = set()
    for source in closure.sources:
        for use in closure.uses[source.name]:
            name = (use.name or "").partition(".")[0]
            is_own = closure.inside[use] or name in closure.own
            if name and name != "__future__" and not is_own:
                importers.setdefault(name, set()).add(source.name)
                if not use.optional:
                    required.add(name)
    for name in sorted(importers):
        yield Import(name, name not in required, tuple(sorted(importers[name])))
