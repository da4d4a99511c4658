"""Nodes for sound.

    from remotemedia.nodes.audio import AudioTransform, VADNode

    pipeline.add(AudioTransform(output_sample_rate=16000, output_channels=1)).add(VADNode())

In a pipeline the engine runs them natively; called directly, they use the same kernels of `remotemedia._native`.
Sound is `(array, rate)` or `(array, rate, dict)`: the array `(N,)` or `(C, N)` of float32 or float64 with full scale 1,
int16 or int32, the rate in Hz. float64 is taken as float32, mono is given as `(N,)`, and the dict goes with the sound.
"""

from __future__ import annotations

from remotemedia.nodes._audio_activity import VADNode, VoiceActivityDetector
from remotemedia.nodes._audio_level import AudioGainNode, AudioGateNode
from remotemedia.nodes._audio_pieces import AudioBuffer, AudioWindowNode
from remotemedia.nodes._audio_rate import AudioResampleNode, AudioResampler, AudioTransform
from remotemedia.nodes._audio_samples import AudioMixNode, ExtractAudioDataNode, FormatConverterNode

__all__ = [
    "AudioBuffer",
    "AudioGainNode",
    "AudioGateNode",
    "AudioMixNode",
    "AudioResampleNode",
    "AudioResampler",
    "AudioTransform",
    "AudioWindowNode",
    "ExtractAudioDataNode",
    "FormatConverterNode",
    "VADNode",
    "VoiceActivityDetector",
]

# The module that programs and `schemas/nodes.v1.json` know them by.
for _name in __all__:
    globals()[_name].__module__ = __name__
