#!/bin/sh
# Makes hostile.wasm, core_module.wasm and mirror.wasm in the directory that is given, else here; see README.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
wit-bindgen c "$here/../../schemas/node.wit" --world node --out-dir "$scratch" >"$scratch/log"
core() {
    ${ZIG:-zig} cc --target=wasm32-wasi -mexec-model=reactor -O2 -s -I "$scratch" \
        "$1" "$scratch/node.c" "$scratch/node_component_type.o" -o "$2"
}
core "$here/../../examples/wasm_gain/gain.c" "$out/core_module.wasm"
core "$here/hostile.c" "$scratch/hostile.wasm"
wasm-tools component new "$scratch/hostile.wasm" -o "$out/hostile.wasm"
wasm-tools component embed "$here/../../schemas/node.wit" --world node "$here/mirror.wat" -o "$scratch/mirror.wasm"
wasm-tools component new "$scratch/mirror.wasm" -o "$out/mirror.wasm"
