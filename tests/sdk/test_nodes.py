"""The built-in nodes against `schemas/nodes.v1.json`."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import pytest

import remotemedia
from remotemedia import AudioSource, Node, OnnxNode, nodes
from remotemedia.errors import PipelineError
from remotemedia.schemas import node_table

TYPES = {"int": int, "float": float, "bool": bool, "str": str}
OWN = inspect.signature(Node)


def class_of(entry: Any) -> Any:
    return getattr(importlib.import_module(entry.module), entry.name)


def test_every_entry_of_the_table_is_a_class() -> None:
    assert set(nodes.__all__) == set(node_table())
    assert set(node_table()) <= set(remotemedia.__all__)


@pytest.mark.parametrize("entry", node_table().values(), ids=lambda entry: entry.name)
def test_the_class_is_where_the_table_says(entry: Any) -> None:
    cls = class_of(entry)
    assert (cls.__module__, cls.__qualname__) == (entry.module, entry.name)
    assert getattr(nodes, entry.name) is cls
    assert not inspect.isabstract(cls)


@pytest.mark.parametrize("entry", node_table().values(), ids=lambda entry: entry.name)
def test_signatures_and_defaults_are_those_of_the_table(entry: Any) -> None:
    cls = class_of(entry)
    if not entry.parameters:
        assert inspect.signature(cls).parameters.keys() in (OWN.parameters.keys(), {"kw"})
        return
    *parameters, rest = inspect.signature(cls).parameters.values()
    assert rest.kind is rest.VAR_KEYWORD
    assert [parameter.name for parameter in parameters] == [parameter.name for parameter in entry.parameters]
    for parameter, told in zip(parameters, entry.parameters, strict=True):
        assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        assert f"{told.name}:" in cls.__doc__
        if told.required:
            assert parameter.default is parameter.empty
        else:
            assert plain(parameter.default) == told.default
            assert type(told.default) is TYPES.get(told.type, type(told.default)) or told.nullable


def plain(default: Any) -> Any:
    """A default as JSON has it."""
    if isinstance(default, Mapping):
        return dict(default)
    return list(default) if isinstance(default, tuple) else default


@pytest.mark.parametrize("node", [AudioSource(), OnnxNode("model.onnx")])
def test_nodes_of_the_engine_have_no_process_of_their_own(node: Any) -> None:
    with pytest.raises(PipelineError, match="run by the engine") as caught:
        node.process(*([] if isinstance(node, AudioSource) else [1]))
    assert caught.value.code == "RM703"
