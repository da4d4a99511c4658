"""Native code keeps a class out of the sandbox: reached directly, through a helper, through pure Python; not if unused."""

import native_fft
from remotemedia import Array, Node, Pipeline

import helper


class Direct(Node):
    def process(self, value):
        return native_fft.fft(value)


class Through(Node):
    def process(self, value):
        return helper.level(value)


class OnlyArrays(Node):
    def process(self, value):
        return Array([sample * 2 for sample in value])


p = Pipeline("spectra")
p.add(Direct()).add(Through()).add(OnlyArrays())
