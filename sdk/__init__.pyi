from remotemedia._execute import execute_pipeline as execute_pipeline
from remotemedia._execute import execute_pipeline_with_input as execute_pipeline_with_input
from remotemedia._rust import get_rust_runtime as get_rust_runtime
from remotemedia._rust import is_rust_runtime_available as is_rust_runtime_available
from remotemedia._rust import try_load_rust_runtime as try_load_rust_runtime
from remotemedia.array import Array as Array
from remotemedia.errors import NodeError as NodeError
from remotemedia.errors import PipelineError as PipelineError
from remotemedia.errors import RemoteExecutionError as RemoteExecutionError
from remotemedia.errors import RemoteMediaError as RemoteMediaError
from remotemedia.errors import WebRTCError as WebRTCError
from remotemedia.node import Node as Node
from remotemedia.nodes.audio import AudioBuffer as AudioBuffer
from remotemedia.nodes.audio import AudioGainNode as AudioGainNode
from remotemedia.nodes.audio import AudioGateNode as AudioGateNode
from remotemedia.nodes.audio import AudioMixNode as AudioMixNode
from remotemedia.nodes.audio import AudioResampleNode as AudioResampleNode
from remotemedia.nodes.audio import AudioResampler as AudioResampler
from remotemedia.nodes.audio import AudioTransform as AudioTransform
from remotemedia.nodes.audio import AudioWindowNode as AudioWindowNode
from remotemedia.nodes.audio import ExtractAudioDataNode as ExtractAudioDataNode
from remotemedia.nodes.audio import FormatConverterNode as FormatConverterNode
from remotemedia.nodes.audio import VADNode as VADNode
from remotemedia.nodes.audio import VoiceActivityDetector as VoiceActivityDetector
from remotemedia.nodes.base import BufferNode as BufferNode
from remotemedia.nodes.base import PassThroughNode as PassThroughNode
from remotemedia.nodes.calculator import CalculatorNode as CalculatorNode
from remotemedia.nodes.io import AudioSink as AudioSink
from remotemedia.nodes.io import AudioSource as AudioSource
from remotemedia.nodes.io import DataSink as DataSink
from remotemedia.nodes.io import DataSource as DataSource
from remotemedia.nodes.io import VideoSink as VideoSink
from remotemedia.nodes.io import VideoSource as VideoSource
from remotemedia.nodes.io_nodes import DataSinkNode as DataSinkNode
from remotemedia.nodes.io_nodes import DataSourceNode as DataSourceNode
from remotemedia.nodes.logic import ProgramNode as ProgramNode
from remotemedia.nodes.logic import PythonNode as PythonNode
from remotemedia.nodes.logic import RustNode as RustNode
from remotemedia.nodes.logic import WasmNode as WasmNode
from remotemedia.nodes.ml import OnnxNode as OnnxNode
from remotemedia.nodes.ml import TransformersPipelineNode as TransformersPipelineNode
from remotemedia.nodes.ml import WhisperTranscriptionNode as WhisperTranscriptionNode
from remotemedia.nodes.remote import HFPipelineNode as HFPipelineNode
from remotemedia.nodes.remote import RemoteExecutionNode as RemoteExecutionNode
from remotemedia.nodes.remote import RemoteObjectExecutionNode as RemoteObjectExecutionNode
from remotemedia.nodes.simple_math import AddNode as AddNode
from remotemedia.nodes.simple_math import MultiplyNode as MultiplyNode
from remotemedia.nodes.sink import MediaWriterNode as MediaWriterNode
from remotemedia.nodes.source import AudioTrackSource as AudioTrackSource
from remotemedia.nodes.source import LocalMediaReaderNode as LocalMediaReaderNode
from remotemedia.nodes.source import MediaReaderNode as MediaReaderNode
from remotemedia.nodes.source import VideoTrackSource as VideoTrackSource
from remotemedia.nodes.text_processor import TextProcessorNode as TextProcessorNode
from remotemedia.nodes.transform import DataTransform as DataTransform
from remotemedia.nodes.transform import FormatConverter as FormatConverter
from remotemedia.nodes.transform import TextTransformNode as TextTransformNode
from remotemedia.nodes.video import VideoBuffer as VideoBuffer
from remotemedia.nodes.video import VideoResizer as VideoResizer
from remotemedia.nodes.video import VideoTransform as VideoTransform
from remotemedia.pipeline import Pipeline as Pipeline
from remotemedia.remote_config import RemoteExecutorConfig as RemoteExecutorConfig

__all__ = [
    "AddNode",
    "Array",
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
    "Node",
    "NodeError",
    "OnnxNode",
    "PassThroughNode",
    "Pipeline",
    "PipelineError",
    "ProgramNode",
    "PythonNode",
    "RemoteExecutionError",
    "RemoteExecutionNode",
    "RemoteExecutorConfig",
    "RemoteMediaError",
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
    "WebRTCError",
    "WhisperTranscriptionNode",
    "execute_pipeline",
    "execute_pipeline_with_input",
    "get_rust_runtime",
    "is_rust_runtime_available",
    "try_load_rust_runtime",
]
