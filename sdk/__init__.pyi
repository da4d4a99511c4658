from remotemedia.array import Array as Array
from remotemedia.errors import RemoteMediaError as RemoteMediaError
from remotemedia.node import Node as Node
from remotemedia.nodes.audio import AudioMixNode as AudioMixNode
from remotemedia.nodes.audio import AudioResampleNode as AudioResampleNode
from remotemedia.nodes.audio import AudioWindowNode as AudioWindowNode
from remotemedia.nodes.io import AudioSource as AudioSource
from remotemedia.nodes.ml import OnnxNode as OnnxNode
from remotemedia.pipeline import Pipeline as Pipeline

__all__ = [
    "Array",
    "AudioMixNode",
    "AudioResampleNode",
    "AudioSource",
    "AudioWindowNode",
    "Node",
    "OnnxNode",
    "Pipeline",
    "RemoteMediaError",
]
