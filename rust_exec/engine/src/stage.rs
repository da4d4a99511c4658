//! The loop of one thread: take packets, call the nodes, send what they emit.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::cancel::Cancel;
use crate::chain::{Chain, State};
use crate::error::{NodeError, NodeFailure, RunError};
use crate::intake::{Input, Intake, Next};
use crate::node::Guard;
use crate::outlet::{Lane, Outlet, Stopped};

/// How many packets are taken at once from a queue that has them, where the queue is no shorter.
pub(crate) const BATCH: usize = 32;

/// How long calls are made before what they emitted is sent, and a guard held that others wait for.
const MOMENT: Duration = Duration::from_millis(1);

/// One thread's share of a run.
pub(crate) struct Stage<'a> {
    pub(crate) chain: Chain,
    pub(crate) intake: Intake<'a>,
    pub(crate) outlet: Outlet,
    /// How many packets are taken, or emitted before they are sent, at the most.
    pub(crate) batch: usize,
}

/// How the threads of one run know of each other.
#[derive(Clone, Default)]
pub(crate) struct Control {
    /// Everything stops, at once.
    pub(crate) stop: Cancel,
    failure: Arc<OnceLock<RunError>>,
}

impl Control {
    /// Something failed: nothing new begins, what is under way goes on to the sink. The first failure counts.
    pub(crate) fn fail(&self, error: RunError) {
        let _ = self.failure.set(error);
    }

    /// Whether nothing new should begin.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.is_cancelled() || self.failure.get().is_some()
    }

    /// The first failure.
    pub(crate) fn failure(&self) -> Option<RunError> {
        self.failure.get().cloned()
    }
}

/// Hands the run's input to several stages, or to one that works in batches.
pub(crate) struct Feeder<'a> {
    pub(crate) input: Input<'a>,
    pub(crate) lanes: Vec<Lane>,
}

impl Feeder<'_> {
    /// Run to the end of the input.
    pub(crate) fn run(mut self, control: &Control) {
        for item in self.input {
            if control.is_over() {
                return;
            }
            match item {
                Err(failure) => return control.fail(RunError::Input(failure)),
                Ok(packet) => {
                    for lane in &mut self.lanes {
                        if lane.emit(packet.clone(), &control.stop).is_err() {
                            return;
                        }
                    }
                }
            }
        }
        // Where nobody listens any more, nobody needs to be told.
        let _ = self.lanes.iter().try_for_each(|lane| lane.end(&control.stop));
    }
}

/// Why a stage ended before its input did.
enum Ended {
    /// The run is stopped, or the stage's neighbour is gone: not this stage's fault.
    Stopped,
    /// This stage's fault.
    Failed(RunError),
}

impl From<Stopped> for Ended {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl Stage<'_> {
    /// Run to the end; gives the chain back for its metrics.
    ///
    /// The stage's queues close when this returns: takers then finish what they were sent, and givers stop.
    pub(crate) fn run(mut self, control: &Control) -> Chain {
        let guard = self.chain.guard();
        if let Err(Ended::Failed(error)) = self.work(guard.as_deref(), control) {
            control.fail(error);
        }
        hold(guard.as_deref(), &mut || self.chain.close());
        self.chain
    }

    fn work(&mut self, guard: Option<&dyn Guard>, control: &Control) -> Result<(), Ended> {
        let begins = !matches!(self.intake, Intake::Queue(_));
        loop {
            if control.stop.is_cancelled() || (begins && control.is_over()) {
                return Err(Ended::Stopped);
            }
            match self.chain.state() {
                State::Hungry => self.take(&control.stop)?,
                State::Busy => self.call(guard, &control.stop)?,
                State::Done => return Ok(self.outlet.end(&control.stop)?),
            }
        }
    }

    /// Wait for a packet, then take those that are there already.
    fn take(&mut self, stop: &Cancel) -> Result<(), Ended> {
        let mut next = self.intake.next(stop);
        for taken in 0..self.batch {
            match next {
                Next::Packet(port, packet) => self.chain.feed(port, packet),
                Next::Nothing => break,
                Next::End => {
                    self.chain.end();
                    break;
                }
                Next::Failed(failure) => return Err(Ended::Failed(RunError::Input(failure))),
                // What was taken before is worked on first; the next batch meets the same end.
                Next::Stopped if taken > 0 => break,
                Next::Stopped => return Err(Ended::Stopped),
            }
            next = if taken + 1 < self.batch { self.intake.ready() } else { Next::Nothing };
        }
        Ok(())
    }

    /// Make calls for a moment, then send what came of them; also of those before a failed one.
    ///
    /// Waking the taker costs more than many a call, so it is woken once for what one moment yields. Nothing waits
    /// that way while the stage itself waits: what has been emitted is sent before the next packet is awaited.
    fn call(&mut self, guard: Option<&dyn Guard>, stop: &Cancel) -> Result<(), Ended> {
        let mut made = Ok(());
        let begin = Instant::now();
        hold(guard, &mut || {
            while made.is_ok()
                && self.chain.state() == State::Busy
                && self.chain.emitted() < self.batch
                && begin.elapsed() < MOMENT
            {
                made = step(&mut self.chain);
            }
        });
        for (port, packet) in self.chain.take_emitted() {
            self.outlet.emit(port, packet, stop)?;
        }
        made.map_err(|error| Ended::Failed(RunError::Node(error)))
    }
}

/// One call; a panic of the node is its failure.
fn step(chain: &mut Chain) -> Result<(), Box<NodeError>> {
    catch_unwind(AssertUnwindSafe(|| chain.step())).unwrap_or_else(|panic| Err(chain.blame(panicked(panic.as_ref()))))
}

/// The failure that a panic is.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> NodeFailure {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message");
    NodeFailure::new("RM602", format!("the node panicked: {text}"))
}

/// Run the batch while holding the guard, if there is one.
fn hold(guard: Option<&dyn Guard>, batch: &mut dyn FnMut()) {
    match guard {
        Some(guard) => guard.hold(batch),
        None => batch(),
    }
}
