#!/bin/sh
# Makes gate.wasm of src/lib.rs. Needed: Rust with the target (`rustup target add wasm32-unknown-unknown`) and wasm-tools (`cargo
# install wasm-tools`). A compiler that comes without the target, but with the sources of its library, builds that as well:
# RUSTC_BOOTSTRAP=1 CARGO_FLAGS=-Zbuild-std=std,panic_abort.
set -eu
cd "$(dirname "$0")"
out=${1:-gate.wasm}
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
# Paths of the machine that builds stay out of the file.
library=$(${RUSTC:-rustc} --print sysroot)/lib/rustlib/src/rust
export RUSTFLAGS="--remap-path-prefix=$library=/rust --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
cargo build --locked --release --target wasm32-unknown-unknown --target-dir "$scratch" ${CARGO_FLAGS:-}
wasm-tools component new "$scratch/wasm32-unknown-unknown/release/gate.wasm" -o "$out"
