"""Which of a file's pipelines is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia.compiler._diagnostic import Diagnostic, compile_error
from remotemedia.compiler._evaluate.parameters import required_parameters
from remotemedia.compiler._factories import factories
from remotemedia.compiler._values import Function, Known, PipelineInstance, contained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler._evaluate import Evaluator
    from remotemedia.compiler._source import Source
    from remotemedia.compiler._values import Scope

__all__ = ["choose"]


def choose(ev: Evaluator, source: Source, scope: Scope, wanted: str | None) -> PipelineInstance:
    """Return the pipeline of that variable, name or function, or the only one.

    Where evaluating the file makes none that is meant, its functions are called that make one and need no arguments.

    Args:
        ev: the evaluator, which has evaluated the file.
        source: the pipeline's file.
        scope: that file's names.
        wanted: the name of a variable, of a pipeline, or of the function that makes or returns it.

    Raises:
        CompileError: RM102, there is none; RM103, there are several and none was named.
    """
    own = _own(ev, source, scope)
    meant = [pipeline for pipeline in own if wanted is None or wanted in _names(pipeline, scope)]
    if not meant:
        made = [function for function in factories(scope, source) if wanted in {None, function.name}]
        for function in made:
            if not required_parameters(function):
                ev.run_function(function)
        own = _own(ev, source, scope)
        meant = [pipeline for pipeline in own if wanted is None or wanted in _names(pipeline, scope)]
        if not meant:
            raise compile_error([_none(ev, source, wanted, own, scope, made)])
    if len(meant) == 1:
        return meant[0]
    message = f"expected one pipeline in `{source.name}`, found {len(meant)}"
    help_ = "name the one that is meant with `--pipeline NAME`"
    notes = _listed(own, scope)
    several = Diagnostic("RM103", "error", message, meant[1].place.span(), "another one", notes, help_)
    # The names are what `check` needs to look at each of them.
    raise compile_error([several], pipelines=tuple(names[0] for each in meant if (names := _names(each, scope))))


def _own(ev: Evaluator, source: Source, scope: Scope) -> list[PipelineInstance]:
    """Return the pipelines that a file makes, or imports where it makes none; those inside others are no candidates."""
    inner = {id(node) for pipeline in ev.pipelines for node in pipeline.nodes if isinstance(node, PipelineInstance)}
    given = (value for node in ev.nodes for value in node.arguments.values())
    inner |= {id(part) for value in given for part in contained(value) if isinstance(part, PipelineInstance)}
    outer = [pipeline for pipeline in ev.pipelines if id(pipeline) not in inner] or ev.pipelines
    made = [pipeline for pipeline in outer if ev.home(pipeline) is source]
    return made or [pipeline for pipeline in outer if any(value is pipeline for value in scope.names.values())]


def _none(  # noqa: PLR0917 - what the choice was made from
    ev: Evaluator,
    source: Source,
    wanted: str | None,
    own: Sequence[PipelineInstance],
    scope: Scope,
    made: Sequence[Function],
) -> Diagnostic:
    for function in made:
        needed = required_parameters(function)
        if needed:
            message = f"expected a function that makes a pipeline without arguments, got `{function.name}`"
            listed = ", ".join(f"`{name}`" for name in needed)
            help_ = f'give {listed} defaults, or declare them in the pipeline: `p.param("{needed[0]}", …)`'
            return Diagnostic("RM102", "error", message, function.place.span(), f"needs {listed}", help=help_)
    if wanted is not None:
        message = f"expected a pipeline called `{wanted}` in `{source.name}`, found none"
        notes = _listed(own, scope)
        return Diagnostic("RM102", "error", message, notes=notes, help="name one of those that are there")
    notes = tuple(f"`{other.place.source.name}`, which it imports, builds one" for other in ev.pipelines[:1])
    help_ = 'write `p = Pipeline("name")` and `p.add(…)`, at the top of the module or in a function `build()`'
    return Diagnostic("RM102", "error", f"expected a pipeline in `{source.name}`, found none", notes=notes, help=help_)


def _listed(own: Sequence[PipelineInstance], scope: Scope) -> tuple[str, ...]:
    return tuple(
        f"{' or '.join(f'`{name}`' for name in _names(pipeline, scope))} in line {pipeline.place.span().line}"
        for pipeline in own
    )


def _names(pipeline: PipelineInstance, scope: Scope) -> list[str]:
    """Return a pipeline's variables, its own name, and the functions that made or returned it."""
    names = [name for name, value in scope.names.items() if value is pipeline]
    if isinstance(pipeline.name, Known):
        names.append(str(pipeline.name.value))
    return list(dict.fromkeys([*names, *pipeline.makers]))
