#!/bin/sh
# Makes gain.wasm of gain.c. Needed: zig (`pip install ziglang`, with which it is `python -m ziglang`), and wit-bindgen and
# wasm-tools (`cargo install wit-bindgen-cli wasm-tools`).
set -eu
cd "$(dirname "$0")"
wit=${NODE_WIT:-../../schemas/node.wit}
out=${1:-gain.wasm}
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
wit-bindgen c "$wit" --world node --out-dir "$scratch" >"$scratch/log"
${ZIG:-zig} cc --target=wasm32-wasi -mexec-model=reactor -O2 -s -I "$scratch" \
    gain.c "$scratch/node.c" "$scratch/node_component_type.o" -o "$scratch/core.wasm"
wasm-tools component new "$scratch/core.wasm" -o "$out"
