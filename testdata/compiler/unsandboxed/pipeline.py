import numpy as np
import subprocess

from remotemedia import Node, Pipeline

from helper import Tail


class Spectrum(Node):
    def process(self, value):
        return np.abs(np.fft.rfft(value[0]))


class Late(Node):
    def process(self, value):
        import ctypes

        return ctypes.sizeof(ctypes.c_int)


p = Pipeline("unsandboxed")
p.add(Spectrum()).add(Late()).add(Tail())
if __name__ == "__main__":
    subprocess.run
