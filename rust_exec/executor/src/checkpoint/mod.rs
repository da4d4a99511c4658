//! `--checkpoint` and `--resume`: a run that may be killed at any moment and goes on where it was.
//!
//! What is durable: a file for each of the last two checkpoints, and of the output what stood before them. A run that goes on
//! copies that part of the output into a file of its own, so that nothing it does, nor what an executor does that was thought
//! dead, changes what the checkpoints stand for (`docs/reference/checkpoints.md`).
//!
//! # Layout
//!
//! - `plan`: what a caller decided, and what is refused
//! - `identity`: what must be the same for a run to go on
//! - `file`: a checkpoint as a file
//! - `store`: the directory, who owns it, and which of its files count
//! - `run`: a pipeline, run with them

mod file;
mod identity;
mod plan;
mod run;
mod store;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use remotemedia_engine::{Checkpoint, NodeFailure};

use crate::checkpoint::file::{Header, Noted};
use crate::checkpoint::store::Store;
use crate::events::Events;
use crate::failure::Failure;
use crate::output::{Output, Written};

pub(crate) use identity::Identity;
pub(crate) use plan::{CheckpointPlan, Opened};
pub(crate) use run::run;

/// The checkpoints of one run.
pub(crate) struct Checkpoints {
    store: Store,
    identity: Identity,
    every: Duration,
    output: PathBuf,
    /// Where the run goes on.
    from: Option<Noted>,
    number: u64,
    events: Arc<Events>,
}

/// How a run begins.
pub(crate) enum Begun {
    /// It is to run, and its output is open.
    Runs(Box<Checkpoints>, Output),
    /// It had ended; its output is whole.
    HadEnded,
}

impl Checkpoints {
    /// Find where the run is to go on; open the output where the last checkpoint left it, or anew.
    pub(crate) fn begin(
        opened: Opened,
        identity: Identity,
        packets: bool,
        events: &Arc<Events>,
    ) -> Result<Begun, Failure> {
        let Opened { mut store, plan, output: path } = opened;
        let directory = plan.directory.display();
        let last = store.newest(|message| events.notice(&message))?;
        let from = match last {
            Some(noted) if plan.resume => {
                identity.expect(&noted.header.identity)?;
                if noted.header.is_end {
                    Output::publish(&noted.header.output.part, &path)?;
                    // It may have been killed before it had tidied up.
                    store.keep_last()?;
                    (1..noted.header.epoch).for_each(|it| Output::forget(&Output::part(&path, Some(it))));
                    events.notice("the run had ended already, and its output is whole");
                    return Ok(Begun::HadEnded);
                }
                Some(noted)
            }
            Some(noted) if !noted.header.is_end => {
                let message = format!("expected a directory without a run that can go on, got `{directory}`");
                let hint = format!("go on with it by `--resume {directory}`, or remove the directory");
                return Err(Failure::new("RM625", message).with_hint(hint));
            }
            _ => None,
        };
        if plan.resume && from.is_none() {
            events.notice("there is no checkpoint yet: the run begins at the beginning");
        }
        store.claim()?;
        let part = Output::part(&path, Some(store.epoch()));
        let output = match &from {
            Some(it) => Output::resume(&path, part, packets, &it.header.output)?,
            None => Output::open_as(&path, part, packets)?,
        };
        let (number, every) = (from.as_ref().map_or(0, |it| it.header.number), Duration::from_millis(plan.every_ms));
        let it = Self { store, identity, every, output: path, from, number, events: Arc::clone(events) };
        Ok(Begun::Runs(Box::new(it), output))
    }

    /// Packets of the input that have been taken.
    pub(crate) fn passed(&self) -> u64 {
        self.from.as_ref().map_or(0, |it| it.checkpoint.input)
    }

    /// Make durable what the run is and what it has written; or say why not this time.
    fn commit(
        &mut self,
        made: Result<Checkpoint, NodeFailure>,
        waited: Duration,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let checkpoint = match made {
            Ok(checkpoint) => checkpoint,
            Err(failure) => {
                self.events.notice(&format!("no checkpoint was made this time: {}", failure.message));
                return Ok(());
            }
        };
        let begun = Instant::now();
        self.store.expect_owned()?;
        let written = output.durable()?;
        let bytes = self.write(written, Some(checkpoint))?;
        self.events.checkpoint(self.number, bytes, waited + begun.elapsed());
        Ok(())
    }

    /// The run has ended well: give the output its name, and remember that there is nothing to do any more.
    pub(crate) fn finish(mut self, output: Output) -> Result<(), Failure> {
        self.store.expect_owned()?;
        let written = output.close()?;
        let part = written.part.clone();
        self.write(written, None)?;
        Output::publish(&part, &self.output)?;
        self.store.keep_last()?;
        self.forget_others();
        Ok(())
    }

    /// Write a checkpoint; none is the end of the run.
    fn write(&mut self, output: Written, checkpoint: Option<Checkpoint>) -> Result<u64, Failure> {
        self.number += 1;
        let header = Header {
            number: self.number,
            epoch: self.store.epoch(),
            identity: self.identity.clone(),
            output,
            is_end: checkpoint.is_none(),
        };
        let bytes = self.store.write(&Noted { header, checkpoint: checkpoint.unwrap_or_default() })?;
        self.forget_others();
        Ok(bytes)
    }

    /// Remove what earlier executors wrote of the output, where no checkpoint that is kept needs it.
    fn forget_others(&self) {
        for epoch in 1..self.store.epoch() {
            let part = Output::part(&self.output, Some(epoch));
            if !self.store.keeps(&part) {
                Output::forget(&part);
            }
        }
    }
}

/// A path that means the same from any directory.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
