//! Checkpoints: all that a run needs to go on elsewhere as if it had never stopped.
//!
//! A checkpoint is a consistent cut (Chandy and Lamport, "Distributed Snapshots", 1985) made by barriers, as Flink makes it.
//! Every source (the run's input, and the nodes that are sources) sends a barrier behind its last packet and waits. The barrier
//! travels along every edge behind the packets before it; a stage that has it from all of its edges has worked off what came
//! before, notes the states of its nodes, and passes it on. When every leaf has given it to the sink, the sink holds exactly
//! what the states stand for. It makes both durable, and the sources go on.
//!
//! Because sources wait, no packet is ever behind a barrier: nothing needs to be held back while a stage with several edges has
//! it only from some, and what is in flight is in no checkpoint. What waits in a merge by time is: no call has had it yet.
//!
//! # Layout
//!
//! - `state`: what a checkpoint holds
//! - `rounds`: how the threads of a run make one
//! - `stage`: a stage's part in it
//! - `check`: which nodes can be part of one

mod check;
mod rounds;
mod stage;
mod state;

use std::time::Duration;

use crate::error::NodeFailure;

pub use check::MAX_STATE;
pub(crate) use check::check;
pub(crate) use rounds::{Leaves, Rounds, wait};
pub(crate) use stage::Barrier;
pub use state::Checkpoint;
pub(crate) use state::SequenceState;

/// How a run makes checkpoints.
pub struct Checkpointing<'a> {
    /// Time from the end of one to the beginning of the next.
    pub every: Duration,
    /// Where the run is to go on; at the beginning where absent.
    pub from: Option<Checkpoint>,
    /// Makes a checkpoint durable, together with all that the sink was given before; its failure ends the run. One that
    /// could not be made comes with the reason, and the run goes on. The duration is how long sources have waited.
    pub commit: &'a mut dyn FnMut(Result<Checkpoint, NodeFailure>, Duration) -> Result<(), NodeFailure>,
}
