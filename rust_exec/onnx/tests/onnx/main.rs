//! Models as nodes, with the ONNX Runtime library that `REMOTEMEDIA_ONNXRUNTIME` names.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]

mod batching;
mod limits;
mod named;
mod node;
mod support;
