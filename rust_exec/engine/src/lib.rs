//! The dataflow engine: a graph of node instances, bounded edges between them, and one thread for each fused run of nodes.
//!
//! It knows runtimes only through [`NodeRuntime`] and [`NodeInstance`]; which runtime a node gets is decided by its caller's plan.
//! [`Pipeline`] opens with how a run goes.
//!
//! # Layout
//!
//! - `node`: the contract every runtime implements
//! - `error`: how a node and a run fail
//! - `cancel`: how a run is stopped from outside
//! - `pipeline`: a graph made ready, and its run
//! - `plan`: which nodes share a thread
//! - `wiring`: the stages of one run, and the queues between them
//! - `stage`: the loop of one thread
//! - `chain`: the fused nodes of one stage, called in turn
//! - `intake`: where a stage's packets come from
//! - `merge`: packets of several edges in the order of their times
//! - `spec`: what a manifest says of a node
//! - `outlet`: where a stage's packets go
//! - `metrics`: what a run counted and measured

mod cancel;
mod chain;
mod error;
mod intake;
mod merge;
mod metrics;
mod node;
mod outlet;
mod pipeline;
mod plan;
mod spec;
mod stage;
mod wiring;

pub use cancel::Cancel;
pub use error::{Cause, NodeError, NodeFailure, RunError};
pub use metrics::{EdgeReport, NodeReport, Report, Times};
pub use node::{
    EffectiveLimits, FileSource, Guard, LogLevel, LogRecord, LogSink, More, NodeInstance, NodeRuntime, NodeSpec, Outputs,
    PortId,
};
pub use pipeline::{DEFAULT_CAPACITY, NodeParts, Pipeline};
