"""Sound through a node that is written in C: a component of a few kilobytes, in its sandbox.

    remotemedia build examples/wasm_gain
    remotemedia run wasm_gain-*.rmpkg --input testdata/sound/…

`gain.wasm` is made of `gain.c` by `build.sh`.
"""

from remotemedia import Pipeline
from remotemedia.nodes import WasmNode

p = Pipeline("wasm_gain")
p.add(WasmNode("gain.wasm", factor=0.5, name="gain"))

if __name__ == "__main__":
    p.run()
