import native_fft
from remotemedia import Node


class Heavy(Node):
    def process(self, value):
        return native_fft.fft(value)
