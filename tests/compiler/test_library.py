"""What the compiler reads in the library's own source equals what Python imports."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import remotemedia
from remotemedia.compiler._exports import exports_of
from remotemedia.compiler._library import NODE, PIPELINE, library_attribute, library_names, library_signature
from remotemedia.compiler._values import External, LibraryClass
from remotemedia.node import Node
from remotemedia.pipeline import Pipeline

_ROOMS = ("remotemedia.nodes", "remotemedia.core", "remotemedia.remote")


def _modules() -> list[str]:
    """Return the modules from which programs import nodes, pipelines and what belongs to them."""
    found = [
        "remotemedia",
        "remotemedia.node",
        "remotemedia.pipeline",
        "remotemedia.remote_config",
        "remotemedia.errors",
    ]
    for room in _ROOMS:
        package = importlib.import_module(room)
        found += [room, *(module.name for module in pkgutil.walk_packages(package.__path__, f"{room}."))]
    return [name for name in found if "._" not in name]


@pytest.mark.parametrize("module", _modules())
def test_names(module: str) -> None:
    """Every public name is known, and a class of nodes is the same one wherever it is imported from."""
    imported = importlib.import_module(module)
    listed = set(imported.__all__)
    assert listed <= set(library_names(module))
    for name in listed:
        real, read = getattr(imported, name), library_attribute(module, name)
        if real is Node:
            assert read is NODE
        elif real is Pipeline:
            assert read is PIPELINE
        elif inspect.isclass(real) and issubclass(real, Node):
            assert isinstance(read, LibraryClass)
            assert read.node_type is not None
            assert (read.name, read.node_type.module) == (real.__name__, real.__module__)
        elif inspect.isclass(real) or inspect.isfunction(real):
            assert isinstance(read, External)
            assert read.name == f"{real.__module__}.{real.__qualname__}"


@pytest.mark.parametrize("name", sorted(name for name in remotemedia.__all__ if name not in {"Node", "Pipeline"}))
def test_signatures(name: str) -> None:
    """A call that fits the table fits the class: names and which of them are required."""
    real, read = getattr(remotemedia, name), library_attribute("remotemedia", name)
    if not isinstance(read, LibraryClass):
        return
    mine = library_signature(read).parameters.values()
    theirs = inspect.signature(real).parameters.values()
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    assert [(each.name, each.default is each.empty) for each in mine if each.kind not in variadic] == [
        (each.name, each.default is each.empty) for each in theirs if each.kind not in variadic
    ]


def test_what_is_not_there_is_not_found() -> None:
    assert library_attribute("remotemedia.nodes.audio", "NoSuchNode") is None
    assert exports_of("remotemedia.nodes.nowhere") is None
