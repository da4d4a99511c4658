"""Which of a file's pipelines is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia.compiler._diagnostic import Diagnostic, compile_error
from remotemedia.compiler._evaluate.passing import calls_pipeline
from remotemedia.compiler._values import Function, Known, PipelineInstance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler._source import Source
    from remotemedia.compiler._values import Scope

__all__ = ["choose"]


def choose(made: Sequence[PipelineInstance], source: Source, scope: Scope, wanted: str | None) -> PipelineInstance:
    """Return the pipeline of that variable or name, or the only one.

    Args:
        made: all pipelines, of other files as well.
        source: the pipeline's file.
        scope: that file's names.
        wanted: a variable's or pipeline's name.

    Raises:
        CompileError: RM102, there is none; RM103, there are several and none was named.
    """
    own = [pipeline for pipeline in made if pipeline.place.source is source]
    meant = own if wanted is None else [pipeline for pipeline in own if wanted in _names(pipeline, scope)]
    if len(meant) == 1:
        return meant[0]
    notes = tuple(
        f"{' or '.join(f'`{name}`' for name in _names(pipeline, scope))} in line {pipeline.place.span().line}"
        for pipeline in own
    )
    if not meant:
        raise compile_error([_none(source, wanted, notes, scope, made)])
    message = f"expected one pipeline in `{source.name}`, found {len(meant)}"
    help_ = "name the one that is meant with `--pipeline NAME`"
    raise compile_error([Diagnostic("RM103", "error", message, meant[1].place.span(), "another one", notes, help_)])


def _none(
    source: Source, wanted: str | None, notes: tuple[str, ...], scope: Scope, made: Sequence[PipelineInstance]
) -> Diagnostic:
    if wanted is not None:
        message = f"expected a pipeline called `{wanted}` in `{source.name}`, found none"
        return Diagnostic("RM102", "error", message, notes=notes, help="name one of those that are there")
    functions = [value.name for value in scope.names.values() if isinstance(value, Function) and calls_pipeline(value)]
    notes = tuple(f"the function `{name}` makes one, but functions are not followed" for name in functions)
    notes += tuple(f"`{other.place.source.name}`, which it imports, builds one" for other in made[:1])
    help_ = 'write `p = Pipeline("name")` at the top of the module, and `p.add(…)` below it'
    return Diagnostic("RM102", "error", f"expected a pipeline in `{source.name}`, found none", notes=notes, help=help_)


def _names(pipeline: PipelineInstance, scope: Scope) -> list[str]:
    """Return a pipeline's variables, then its own name."""
    names = [name for name, value in scope.names.items() if value is pipeline]
    if isinstance(pipeline.name, Known) and pipeline.name.value not in names:
        names.append(str(pipeline.name.value))
    return names
