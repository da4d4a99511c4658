"""The built-in nodes, by domain.

    from remotemedia.nodes import AudioResampleNode

What each takes, gives and may be told is in `schemas/nodes.v1.json`.
"""

from remotemedia.nodes.audio import AudioMixNode, AudioResampleNode, AudioWindowNode
from remotemedia.nodes.io import AudioSource
from remotemedia.nodes.ml import OnnxNode

__all__ = ["AudioMixNode", "AudioResampleNode", "AudioSource", "AudioWindowNode", "OnnxNode"]
