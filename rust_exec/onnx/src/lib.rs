//! ONNX models as nodes: `OnnxNode` over the ONNX Runtime library, which is loaded with the first [`OnnxRuntime`].
//!
//! A model is read from verified bytes, never from a path, and may not refer to data outside itself. Every session runs on
//! the calling thread alone. State lives per stream and session, from the first packet to `flush`.
//!
//! # Layout
//!
//! - `library`: the ONNX Runtime library of this process
//! - `runtime`: models shared between nodes
//! - `model`: a model's session and what its inputs and outputs are
//! - `config`: a node's parameters against its model
//! - `node`: packets through the model
//! - `shape`: packets as the model's input
//! - `value`: tensors to and from the library's values
//! - `state`: what a stream keeps, and its snapshot

mod config;
mod library;
mod model;
mod node;
mod runtime;
mod shape;
mod state;
mod value;

pub use runtime::OnnxRuntime;
