//! The world `python-runner` of `schemas/node.wit`, as `bindgen!` writes it.

#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../schemas/node.wit",
    world: "python-runner",
    imports: { default: trappable },
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: true },
});

pub use exports::remotemedia::node::processor::Failure;
pub use remotemedia::node::host;
