"""Runs a program as Python would, and prints the manifest of the pipeline it has built on the last line.

Where the program builds none, its functions that need no arguments are called, in the order of their definition, until
one of them does.

python run_program.py ROOT PROGRAM
"""

from __future__ import annotations

import asyncio
import inspect
import json
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remotemedia import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable


def _required(function: Callable[..., object]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    given = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return any(each.default is each.empty and each.kind not in given for each in parameters)


def main(root: Path, program: Path) -> None:
    sys.argv = [str(program)]
    sys.path.insert(0, str(root))
    module = ".".join(program.relative_to(root).with_suffix("").parts)
    built = _noted()
    names = (
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        if "." in module
        else runpy.run_path(str(program), run_name="__main__")
    )
    # What the program defined is found by its name in the module that it ran as.
    vars(sys.modules["__main__"]).update(names, __file__=str(program), __name__="__main__")
    functions = [value for value in names.values() if inspect.isfunction(value) and not _required(value)]
    while not built and functions:
        given = functions.pop(0)()
        if inspect.iscoroutine(given):
            asyncio.run(given)
    (pipeline,) = _outermost(built)
    sys.stdout.write(json.dumps(pipeline.to_manifest()) + "\n")


def _noted() -> list[Pipeline]:
    """Return a list that takes every pipeline which is made from now on, and so keeps it alive."""
    built: list[Pipeline] = []
    make = Pipeline.__init__

    def __init__(self: Pipeline, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - a pipeline looks past it for its file
        built.append(self)
        make(self, *args, **kwargs)

    Pipeline.__init__ = __init__  # type: ignore[method-assign]  # nothing else sees one that the program drops
    return built


def _outermost(pipelines: list[Pipeline]) -> list[Pipeline]:
    """Leave out those that are part of another, or an argument of a node."""
    inner = {id(part) for pipeline in pipelines for part in pipeline._built.elements}
    inner |= {id(value) for pipeline in pipelines for node in pipeline.nodes for value in node._captured.values()}
    return [pipeline for pipeline in pipelines if id(pipeline) not in inner]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
