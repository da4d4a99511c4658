//! A pipeline, run with checkpoints.

use std::cell::RefCell;

use remotemedia_engine::{Cancel, Checkpointing, NodeFailure, Pipeline, Report, RunError, Sink};

use crate::checkpoint::Checkpoints;
use crate::failure::Failure;
use crate::input::Packets;
use crate::output::Output;

/// Run to the end of the input. What `sink` takes it writes into `output`; what keeps a checkpoint from being durable goes to
/// `failed`.
pub(crate) fn run(
    checkpoints: &mut Checkpoints,
    pipeline: Pipeline,
    input: Packets,
    (sink, output, failed): (&mut dyn Sink, &RefCell<Output>, &RefCell<Option<Failure>>),
    cancel: &Cancel,
) -> Result<Report, RunError> {
    let every = checkpoints.every;
    let from = checkpoints.from.take().map(|it| it.checkpoint);
    let mut commit = |made, waited| {
        checkpoints.commit(made, waited, &mut output.borrow_mut()).map_err(|it| {
            let stop = NodeFailure::new(it.code, it.message.clone());
            *failed.borrow_mut() = Some(it);
            stop
        })
    };
    pipeline.run_with_checkpoints(input, sink, Checkpointing { every, from, commit: &mut commit }, cancel)
}
