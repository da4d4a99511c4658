//! ONNX models as nodes: `OnnxNode` over the ONNX Runtime library, which is loaded with the first [`OnnxRuntime`].
//!
//! A model and the weights beside it are read from verified bytes, never from a path. State lives per stream and session,
//! from the first packet to `flush`.
//!
//! # Layout
//!
//! - `library`: the ONNX Runtime library of this process; `providers`: what a session computes with
//! - `runtime`: models shared between nodes, pipelines and runs; `confined`: those of strangers, in a process of their own
//! - `model`: what a model's inputs and outputs are, and its sessions; `external`: the files that hold its weights
//! - `config`: a node's parameters against its model; `constant`: JSON as tensors of the model's types
//! - `node`: packets through the model
//! - `shape`: packets as the model's inputs; `emit`: its outputs as packets; `value`: tensors to and from the library's values
//! - `state`: what a stream keeps, and its snapshot
//! - `gate`: where the nodes of one model meet; `lane`: one session; `group`: which runs can be made as one; `batch`: several
//!   runs as one; `deadline`: runs that last too long are ended

mod batch;
mod config;
mod confined;
mod constant;
mod deadline;
mod emit;
mod external;
mod gate;
mod group;
mod lane;
mod library;
mod model;
mod node;
mod providers;
mod runtime;
mod shape;
mod state;
mod value;

pub use confined::PlacedRuntime;
pub use library::find as find_library;
pub use runtime::OnnxRuntime;
