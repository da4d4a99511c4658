"""The built-in nodes, by domain.

    from remotemedia.nodes import AudioResampleNode

What each takes, gives and may be told is in `schemas/nodes.v1.json`.
"""

from remotemedia.nodes.audio import (
    AudioBuffer,
    AudioGainNode,
    AudioGateNode,
    AudioMixNode,
    AudioResampleNode,
    AudioResampler,
    AudioTransform,
    AudioWindowNode,
    ExtractAudioDataNode,
    FormatConverterNode,
    VADNode,
    VoiceActivityDetector,
)
from remotemedia.nodes.base import BufferNode, PassThroughNode
from remotemedia.nodes.calculator import CalculatorNode
from remotemedia.nodes.io import AudioSink, AudioSource, DataSink, DataSource, VideoSink, VideoSource
from remotemedia.nodes.io_nodes import DataSinkNode, DataSourceNode
from remotemedia.nodes.logic import ProgramNode, PythonNode, RustNode, WasmNode
from remotemedia.nodes.ml import OnnxNode, TransformersPipelineNode, WhisperTranscriptionNode
from remotemedia.nodes.remote import HFPipelineNode, RemoteExecutionNode, RemoteObjectExecutionNode
from remotemedia.nodes.simple_math import AddNode, MultiplyNode
from remotemedia.nodes.sink import MediaWriterNode
from remotemedia.nodes.source import AudioTrackSource, LocalMediaReaderNode, MediaReaderNode, VideoTrackSource
from remotemedia.nodes.text_processor import TextProcessorNode
from remotemedia.nodes.transform import DataTransform, FormatConverter, TextTransformNode
from remotemedia.nodes.video import VideoBuffer, VideoResizer, VideoTransform

__all__ = [
    "AddNode",
    "AudioBuffer",
    "AudioGainNode",
    "AudioGateNode",
    "AudioMixNode",
    "AudioResampleNode",
    "AudioResampler",
    "AudioSink",
    "AudioSource",
    "AudioTrackSource",
    "AudioTransform",
    "AudioWindowNode",
    "BufferNode",
    "CalculatorNode",
    "DataSink",
    "DataSinkNode",
    "DataSource",
    "DataSourceNode",
    "DataTransform",
    "ExtractAudioDataNode",
    "FormatConverter",
    "FormatConverterNode",
    "HFPipelineNode",
    "LocalMediaReaderNode",
    "MediaReaderNode",
    "MediaWriterNode",
    "MultiplyNode",
    "OnnxNode",
    "PassThroughNode",
    "ProgramNode",
    "PythonNode",
    "RemoteExecutionNode",
    "RemoteObjectExecutionNode",
    "RustNode",
    "TextProcessorNode",
    "TextTransformNode",
    "TransformersPipelineNode",
    "VADNode",
    "VideoBuffer",
    "VideoResizer",
    "VideoSink",
    "VideoSource",
    "VideoTrackSource",
    "VideoTransform",
    "VoiceActivityDetector",
    "WasmNode",
    "WhisperTranscriptionNode",
]
