"""Values between processes, under the path that older programs import them by."""

from remotemedia.core.multiprocessing.data import RuntimeData, audio_to_numpy, numpy_to_audio

__all__ = ["RuntimeData", "audio_to_numpy", "numpy_to_audio"]
