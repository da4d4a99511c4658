"""A filter bank as audio programs compute it."""
from pathlib import Path
import numpy as np
from remotemedia import AudioSource, Node, Pipeline
RATE = 16000
N_FFT = 512
def mel_filters(n_mels=4, n_fft=N_FFT, rate=RATE):
    freqs = np.linspace(0, rate / 2, n_fft // 2 + 1)
    mel = lambda f: 2595.0 * np.log10(1.0 + f / 700.0)
    inv = lambda m: 700.0 * (10.0 ** (m / 2595.0) - 1.0)
    points = inv(np.linspace(mel(0), mel(rate / 2), n_mels + 2))
    fb = np.zeros((n_mels, len(freqs)), dtype=np.float32)
    for i in range(n_mels):
        lower, center, upper = points[i:i + 3]
        up = (freqs - lower) / (center - lower)
        down = (upper - freqs) / (upper - center)
        fb[i] = np.maximum(0, np.minimum(up, down))
    return fb
class Mel(Node):
    def __init__(self, window: np.ndarray, filters: np.ndarray, eps: float = 1e-10, **kw):
        super().__init__(**kw)
        self.window, self.filters = window, filters
    def process(self, chunk): return chunk
window = np.hanning(N_FFT + 1)[:-1].astype(np.float32)
p = Pipeline("mel")
p.add(AudioSource())
p.add(Mel(window, mel_filters(), eps=float(np.finfo(np.float32).eps)))
