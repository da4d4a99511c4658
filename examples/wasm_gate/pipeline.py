"""Sound through a node that is written in Rust: a noise gate, which makes pauses silent.

remotemedia build pipeline.py
remotemedia run wasm_gate-*.rmpkg --input recording.wav --output gated.wav

`gate.wasm` is made of `src/lib.rs` by `build.sh`.
"""

from remotemedia import Pipeline
from remotemedia.nodes import WasmNode

p = Pipeline("wasm_gate")
p.add(WasmNode("gate.wasm", threshold=0.01, hold=0.1, name="gate"))
