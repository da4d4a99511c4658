//! What both worlds of `schemas/node.wit` import and export, as `bindgen!` writes it.

#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../schemas/node.wit",
    // No component is of this world: it makes the exports of both known under one name.
    inline: "
        package remotemedia:bindings;
        world all {
            import remotemedia:node/host@1.0.0;
            export remotemedia:node/processor@1.0.0;
            export remotemedia:node/python@1.0.0;
        }
    ",
    imports: { default: trappable },
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: true },
});

pub use All as Imports;
pub use exports::remotemedia::node::{processor, python};
pub use remotemedia::node::host;
pub use remotemedia::node::types::Failure;
