"""The names, import paths and constructors that programs written for earlier versions rely on."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import subprocess
import sys
from typing import Any

import pytest

import remotemedia
from remotemedia import Node, NodeError, Pipeline, RemoteExecutionError, RemoteExecutorConfig
from remotemedia.core.multiprocessing.data import RuntimeData, audio_to_numpy, numpy_to_audio
from remotemedia.core.types import _SENTINEL

PATHS = {
    "remotemedia": "Pipeline Node RemoteExecutorConfig execute_pipeline execute_pipeline_with_input "
    "is_rust_runtime_available try_load_rust_runtime RemoteMediaError PipelineError NodeError RemoteExecutionError "
    "WebRTCError AudioSource AudioSink HFPipelineNode PythonNode WasmNode RustNode RemoteObjectExecutionNode",
    "remotemedia.core": "Pipeline Node RemoteExecutorConfig RemoteMediaError",
    "remotemedia.core.pipeline": "Pipeline",
    "remotemedia.core.node": "Node RemoteExecutorConfig NodeState",
    "remotemedia.core.exceptions": "RemoteMediaError PipelineError NodeError RemoteExecutionError WebRTCError",
    "remotemedia.core.types": "_SENTINEL",
    "remotemedia.core.node_serialization": "serialize_node_for_ipc deserialize_node_from_ipc SerializationError",
    "remotemedia.core.multiprocessing.data": "RuntimeData numpy_to_audio audio_to_numpy",
    "remotemedia.nodes": "PassThroughNode BufferNode MultiplyNode AddNode CalculatorNode DataSourceNode DataSinkNode "
    "AudioTransform AudioBuffer AudioResampler VoiceActivityDetector AudioResampleNode VADNode FormatConverterNode "
    "ExtractAudioDataNode VideoTransform VideoBuffer VideoResizer TextTransformNode DataTransform FormatConverter "
    "MediaReaderNode AudioTrackSource VideoTrackSource LocalMediaReaderNode MediaWriterNode TextProcessorNode "
    "RemoteExecutionNode RemoteObjectExecutionNode TransformersPipelineNode WhisperTranscriptionNode",
    "remotemedia.nodes.base": "PassThroughNode BufferNode",
    "remotemedia.nodes.simple_math": "MultiplyNode AddNode",
    "remotemedia.nodes.calculator": "CalculatorNode",
    "remotemedia.nodes.io_nodes": "DataSourceNode DataSinkNode",
    "remotemedia.nodes.audio": "AudioTransform AudioBuffer AudioResampler VoiceActivityDetector AudioResampleNode "
    "VADNode FormatConverterNode ExtractAudioDataNode",
    "remotemedia.nodes.video": "VideoTransform VideoBuffer VideoResizer",
    "remotemedia.nodes.transform": "TextTransformNode DataTransform FormatConverter",
    "remotemedia.nodes.source": "MediaReaderNode AudioTrackSource VideoTrackSource LocalMediaReaderNode",
    "remotemedia.nodes.sink": "MediaWriterNode",
    "remotemedia.nodes.text_processor": "TextProcessorNode",
    "remotemedia.nodes.remote": "RemoteExecutionNode RemoteObjectExecutionNode HFPipelineNode",
    "remotemedia.nodes.ml": "TransformersPipelineNode WhisperTranscriptionNode",
    "remotemedia.remote.client": "RemoteExecutionClient",
    "remotemedia.remote.proxy_client": "RemoteProxyClient",
    "remotemedia.utils": "setup_logging",
    "remotemedia.packaging": "DependencyAnalyzer CodePackager",
    "remotemedia_runtime": "__version__ execute_pipeline execute_pipeline_with_input is_available",
}

REQUIRED = inspect.Parameter.empty
CONSTRUCTORS: dict[str, dict[str, Any]] = {
    "Node": {"name": None, "enable_state": True, "state_ttl": None, "max_sessions": None},
    "PassThroughNode": {},
    "BufferNode": {"buffer_size": 10},
    "MultiplyNode": {"factor": 2.0},
    "AddNode": {"addend": 0.0},
    "CalculatorNode": {},
    "DataSourceNode": {"buffer_size": 100, "timeout_seconds": 30.0},
    "DataSinkNode": {"callback": None, "buffer_output": False, "buffer_size": 100},
    "AudioTransform": {"output_sample_rate": 44100, "output_channels": 2},
    "AudioBuffer": {"buffer_size_samples": REQUIRED},
    "VoiceActivityDetector": {
        "frame_duration_ms": 30,
        "energy_threshold": 0.02,
        "speech_threshold": 0.3,
        "filter_mode": False,
        "include_metadata": True,
    },
    "AudioResampleNode": {"target_sample_rate": 16000, "quality": "high", "runtime_hint": "auto"},
    "VADNode": {"frame_duration_ms": 30, "energy_threshold": 0.02, "runtime_hint": "auto"},
    "FormatConverterNode": {"target_format": "f32"},
    "ExtractAudioDataNode": {},
    "MediaReaderNode": {"path": REQUIRED},
    "LocalMediaReaderNode": {"path": REQUIRED},
    "MediaWriterNode": {"output_path": REQUIRED},
    "AudioTrackSource": {},
    "VideoTrackSource": {"output_format": "bgr24"},
    "TextTransformNode": {"transform_func": REQUIRED},
    "FormatConverter": {"target_format": "json"},
    "TextProcessorNode": {},
    "RemoteExecutionNode": {"node_to_execute": REQUIRED, "remote_config": None, "node_config": None},
    "RemoteObjectExecutionNode": {"obj_to_execute": REQUIRED, "remote_config": None, "node_config": None},
    "HFPipelineNode": {"name": REQUIRED, "host": None, "remote_ref": None, "remote_config": None},
}


@pytest.mark.parametrize(("module", "names"), PATHS.items(), ids=lambda value: value if "." in value else "")
def test_every_old_import_path_works(module: str, names: str) -> None:
    found = importlib.import_module(module)
    for name in names.split():
        assert getattr(found, name) is not None
        home = getattr(remotemedia, name, None)
        assert home is None or home is getattr(found, name), f"`{name}` is defined twice"


@pytest.mark.parametrize(("name", "expected"), CONSTRUCTORS.items())
def test_every_old_constructor_takes_the_old_arguments(name: str, expected: dict[str, Any]) -> None:
    *parameters, rest = inspect.signature(getattr(remotemedia, name)).parameters.values()
    assert rest.kind is rest.VAR_KEYWORD
    given = [(parameter.name, parameter.default) for parameter in parameters]
    assert given[: len(expected)] == list(expected.items())
    assert all(default is not REQUIRED for _, default in given[len(expected) :])


def test_unknown_keywords_are_kept() -> None:
    node = remotemedia.PassThroughNode(name="pass", colour="red")
    assert (node.name, node.config) == ("pass", {"colour": "red"})


def test_the_configuration_of_an_executor_is_a_factory() -> None:
    config = RemoteExecutorConfig("gpu.example", 50052, ssl_enabled=False)
    assert list(inspect.signature(RemoteExecutorConfig).parameters) == [
        *("host", "port", "protocol", "auth_token", "timeout", "max_retries", "ssl_enabled", "pip_packages")
    ]
    assert isinstance(config("Upscale"), remotemedia.RemoteExecutionNode)
    wrapped = config(remotemedia.PassThroughNode())
    assert isinstance(wrapped, remotemedia.RemoteObjectExecutionNode)
    assert wrapped.remote_config is config


def test_a_pipeline_takes_its_name_first() -> None:
    assert Pipeline("voice").name == "voice"
    assert list(inspect.signature(Pipeline).parameters) == ["nodes", "name", "enable_metrics"]


def test_a_program_raises_the_errors_itself() -> None:
    with pytest.raises(remotemedia.RemoteMediaError, match="no sound"):
        raise NodeError("no sound")
    assert issubclass(remotemedia.WebRTCError, remotemedia.RemoteMediaError)
    assert RemoteExecutionError("gone").code == "RM618"


def test_the_native_runtime_is_there() -> None:
    assert remotemedia.is_rust_runtime_available()
    success, module, error = remotemedia.try_load_rust_runtime()
    assert (success, error) == (True, None)
    assert module is not None
    assert module.is_available()
    assert module.get_runtime_version() == module.__version__


def test_old_paths_cost_no_more_than_they_must() -> None:
    code = (
        "import sys, remotemedia.core.node, remotemedia.core.exceptions, remotemedia.nodes, remotemedia.utils\n"
        "assert not {'numpy', 'av', 'pydantic', 'libcst', 'typer'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_runtime_data() -> None:
    import numpy as np

    sound = numpy_to_audio(np.arange(6, dtype="f8"), sample_rate=24000, channels=2)
    assert (sound.is_audio(), sound.data_type()) == (True, "audio")
    samples, rate, channels, form, count = sound.as_audio()
    assert (len(samples), rate, channels, form, count) == (24, 24000, 2, "f32", 3)
    assert audio_to_numpy(sound).tolist() == [[0, 1], [2, 3], [4, 5]]
    assert audio_to_numpy(numpy_to_audio(np.ones(3, "f4"), 8000)).shape == (3,)
    assert RuntimeData.text("hello", session_id="a").as_text() == "hello"
    assert RuntimeData.json({"a": 1}).as_json() == {"a": 1}
    assert RuntimeData.binary(b"ab").as_binary() == b"ab"
    assert RuntimeData.tensor([[1, 2]]).as_numpy().shape == (1, 2)
    with pytest.raises(ValueError, match="expected text, got audio"):
        sound.as_text()
    with pytest.raises(ValueError, match="2 channels"):
        numpy_to_audio(np.ones(3, "f4"), 8000, channels=2)


def test_the_end_of_a_queue_is_told_by_identity_in_any_process() -> None:
    import pickle

    assert pickle.loads(pickle.dumps(_SENTINEL)) is _SENTINEL  # noqa: S301 - made here


def test_logging_is_set_up_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    import logging

    from remotemedia.utils import setup_logging

    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    setup_logging("debug", include_timestamp=False)
    assert logging.root.level == logging.DEBUG
    assert logging.getLogger("remotemedia").isEnabledFor(logging.DEBUG)
    with pytest.raises(ValueError, match="expected a level"):
        setup_logging("loud")
    logging.getLogger("remotemedia").setLevel(logging.NOTSET)


def test_a_node_of_an_older_program_runs() -> None:
    class Doubling(Node):
        def process(self, data: Any) -> Any:
            return data * 2

    pipeline = Pipeline(name="old")
    pipeline.add_node(Doubling(name="double")).add_node(remotemedia.MultiplyNode(factor=0.5))
    assert pipeline.run([1, 2, 3]) == [1.0, 2.0, 3.0]


def test_runs_take_the_old_arguments() -> None:
    pipeline = remotemedia.Pipeline(name="old").add_node(remotemedia.MultiplyNode(factor=3))

    async def main() -> list[Any]:
        return [await pipeline.run([1, 2], use_rust=rust) for rust in (True, False)]

    assert asyncio.run(main()) == [[3, 6], [3, 6]]
    assert pipeline.run(input_data=[1, 2]) == [3, 6]


class Large(Node):
    def process(self, value: Any) -> Any:
        return value

    def get_capabilities(self) -> dict[str, Any]:
        return {"memory_gb": 8.0}


def test_manifests_have_capabilities_where_they_are_asked_for() -> None:
    pipeline = remotemedia.Pipeline([remotemedia.PassThroughNode(), large := Large(name="large")])
    plain, asked = (json.loads(pipeline.serialize("d", include_capabilities=it))["nodes"] for it in (False, True))
    assert ["capabilities" in node for node in plain + asked] == [False, False, False, True]
    assert asked[1]["capabilities"] == large.get_capabilities()
