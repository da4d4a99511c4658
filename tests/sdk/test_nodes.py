"""The built-in nodes against `schemas/nodes.v1.json`, and called directly."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from remotemedia import AudioSource, OnnxNode, nodes
from remotemedia.errors import NodeError, PipelineError
from remotemedia.nodes import AudioMixNode, AudioResampleNode, AudioWindowNode
from remotemedia.schemas import node_table

TYPES = {"int": int, "float": float, "bool": bool, "str": str}


def test_every_entry_of_the_table_is_a_class() -> None:
    assert set(nodes.__all__) == set(node_table())


@pytest.mark.parametrize("entry", node_table().values(), ids=lambda entry: entry.name)
def test_signatures_and_defaults_are_those_of_the_table(entry: Any) -> None:
    cls = getattr(importlib.import_module(entry.module), entry.name)
    *parameters, rest = inspect.signature(cls).parameters.values()
    assert rest.kind is rest.VAR_KEYWORD
    assert [parameter.name for parameter in parameters] == [parameter.name for parameter in entry.parameters]
    for parameter, told in zip(parameters, entry.parameters, strict=True):
        assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        default = parameter.default
        if told.required:
            assert default is parameter.empty
        else:
            assert (dict(default) if isinstance(default, Mapping) else default) == told.default
            assert type(told.default) is TYPES.get(told.type, type(told.default)) or told.nullable
        assert f"{told.name}:" in cls.__doc__
        assert hasattr(cls("m") if entry.name == "OnnxNode" else cls(), told.name)


@pytest.mark.parametrize("node", [AudioSource(), OnnxNode("model.onnx")])
def test_nodes_of_the_engine_have_no_process_of_their_own(node: Any) -> None:
    with pytest.raises(PipelineError, match="run by the engine") as caught:
        node.process(*([] if isinstance(node, AudioSource) else [1]))
    assert caught.value.code == "RM703"


def test_mixing_down_and_copying_up() -> None:
    stereo = np.array([[0.0, 1.0], [1.0, 0.0]], "f4")
    mono, rate = AudioMixNode().process((stereo, 16000))
    assert (mono.tolist(), mono.dtype, rate) == ([0.5, 0.5], np.float32, 16000)
    both, _ = AudioMixNode(channels=2).process((mono, 16000))
    assert both.tolist() == [[0.5, 0.5], [0.5, 0.5]]


@pytest.mark.parametrize(
    ("samples", "scaled"),
    [
        (np.array([-32768, 16384], "i2"), [-1.0, 0.5]),
        (np.array([-(2**31), 2**30], "i4"), [-1.0, 0.5]),
        (np.array([-1.0, 0.5], "f8"), [-1.0, 0.5]),
        (np.array([-1.0, 9.0, 0.5], ">f4")[::2], [-1.0, 0.5]),
    ],
)
def test_samples_of_any_type_are_taken(samples: Any, scaled: list[float]) -> None:
    mono, _ = AudioMixNode().process((samples, 16000))
    assert mono.tolist() == scaled


def test_windows() -> None:
    node = AudioWindowNode(size=4, hop=2)
    windows = [*node.process((np.arange(5, dtype="f4"), 8000)), *node.process((np.arange(5, 7, dtype="f4"), 8000))]
    windows += node.flush()
    assert [window.tolist() for window, _ in windows[:2]] == [[0, 1, 2, 3], [2, 3, 4, 5]]
    assert all(rate == 8000 and len(window) == 4 for window, rate in windows)
    assert list(node.flush()) == []


def test_resampling_keeps_the_length() -> None:
    node = AudioResampleNode(16000)
    tone = np.sin(np.arange(48000) * 2 * np.pi * 440 / 48000).astype("f4")
    pieces = [piece for block in np.array_split(tone, 7) for piece in node.process((block, 48000))]
    pieces += node.flush()
    assert {rate for _, rate in pieces} == {16000}
    sound = np.concatenate([samples for samples, _ in pieces])
    expected = np.sin(np.arange(16000) * 2 * np.pi * 440 / 16000)
    assert sound.shape == (16000,)
    assert np.abs(sound - expected)[500:-500].max() < 1e-4


def test_a_change_of_the_stream_restarts_the_kernel() -> None:
    node = AudioWindowNode(size=4)
    first = list(node.process((np.ones(3, "f4"), 8000)))
    second = list(node.process((np.ones((2, 4), "f4"), 8000)))
    assert first == []
    assert [window.shape for window, _ in second] == [(4,), (2, 4)]
    assert second[0][0].tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize(
    "value", ["text", None, (np.ones(2), "rate"), (np.ones(2), 0), (np.ones((1, 1, 1)), 8000), ([1j], 8000)]
)
def test_what_is_no_sound_is_refused(value: Any) -> None:
    with pytest.raises(NodeError, match="samples of float32") as caught:
        AudioMixNode(name="mix").process(value)
    assert (caught.value.code, caught.value.details["node"]) == ("RM606", "mix")


@pytest.mark.parametrize(
    "node",
    [AudioMixNode(channels=0), AudioResampleNode(quality="ultra"), AudioWindowNode(size=0), AudioWindowNode(hop=-1)],
)
def test_parameters_that_no_kernel_takes_are_refused(node: Any) -> None:
    with pytest.raises(NodeError) as caught:
        list(node.process((np.ones(4, "f4"), 8000)))
    assert caught.value.code in {"RM601", "RM211"}
