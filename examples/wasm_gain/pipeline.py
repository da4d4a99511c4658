"""Sound through a node that is written in C: a component of some kilobytes, in its sandbox.

remotemedia build pipeline.py
remotemedia run wasm_gain-*.rmpkg --input recording.wav --output quieter.wav

`gain.wasm` is made of `gain.c` by `build.sh`.
"""

from remotemedia import Pipeline
from remotemedia.nodes import WasmNode

p = Pipeline("wasm_gain")
p.add(WasmNode("gain.wasm", factor=0.5, name="gain"))
