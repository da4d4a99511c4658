//! The dataflow engine: a graph of node instances, bounded edges between them, and one thread for each fused run of nodes.
//!
//! It knows runtimes only through [`NodeRuntime`] and [`NodeInstance`]; which runtime a node gets is decided by its caller's plan.
//! [`Pipeline`] opens with how a run goes.
//!
//! # Layout
//!
//! - `node`: the contract every runtime implements; `log`: a node's log as it leaves its runtime
//! - `error`: how a node and a run fail; `raised`: what a node's own code raised; `policy`: what becomes of a run when a node fails
//! - `cancel`: how a run is stopped from outside; `control`: what else can be asked of it
//! - `parts`: a node and what runs it; `spec`: what a manifest says of a node
//! - `pipeline`: a graph made ready, and its run
//! - `plan`: which nodes share a thread
//! - `wiring`: the stages of one run, and the queues between them
//! - `stage`: the loop of one thread; `pace`: when packets are let go
//! - `chain`: the fused nodes of one stage, called in turn; `member`: one of them
//! - `queue`: the bounded queue before a stage; `content`: what it holds
//! - `intake`: where a stage's packets come from; `merge`: packets of several edges in the order of their times
//! - `outlet`: where a stage's packets go; `sink`: where the run's do
//! - `checkpoint`: all that a run needs to go on after it was killed
//! - `metrics`: what a run counts while it goes on; `histogram`: durations in buckets; `report`: all that for programs

mod cancel;
mod chain;
mod checkpoint;
mod content;
mod control;
mod error;
mod histogram;
mod intake;
mod log;
mod member;
mod merge;
mod metrics;
mod node;
mod outlet;
mod pace;
mod parts;
mod pipeline;
mod plan;
mod policy;
mod queue;
mod raised;
mod report;
mod sink;
mod spec;
mod stage;
mod wiring;

pub use cancel::{Cancel, Waker};
pub use checkpoint::{Checkpoint, Checkpointing, MAX_STATE};
pub use control::Control;
pub use error::{Cause, NodeError, NodeFailure, RunError};
pub use log::NodeLog;
pub use metrics::{Meter, Monitor, NodeCounts};
pub use node::{
    EffectiveLimits, FileSource, Guard, LogLevel, LogRecord, LogSink, More, NodeInstance, NodeRuntime, NodeSpec,
    Outputs, PortId,
};
pub use pace::Pace;
pub use parts::NodeParts;
pub use pipeline::{BURST_CAPACITY, CAPACITY_BYTES, DEFAULT_CAPACITY, Pipeline};
pub use policy::{Action, FailureSink, Policy};
pub use raised::{Raised, clean, may_be_stated};
pub use report::{EdgeReport, NodeReport, Report, Times};
pub use sink::Sink;
