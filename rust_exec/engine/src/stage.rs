//! The loop of one thread: take packets, call the nodes, send what they emit.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::cancel::Cancel;
use crate::chain::{Chain, State};
use crate::checkpoint::{Barrier, Rounds, wait};
use crate::content::Batch;
use crate::control::Mailbox;
use crate::error::{NodeError, NodeFailure, RunError};
use crate::intake::{Input, Intake, Next};
use crate::node::Guard;
use crate::outlet::{Lane, Outlet};
use crate::pace::Pacer;
use crate::queue::Stopped;

/// How many packets are taken, or emitted before they are sent, where the queue is no shorter.
pub(crate) const BATCH: usize = 64;

/// How long calls are made before what they emitted is sent, and a guard held that others wait for.
const MOMENT: Duration = Duration::from_millis(1);

/// Steps between two looks at the clock, while they are quick.
const STRIDE: u32 = 32;

/// One thread's share of a run.
pub(crate) struct Stage<'a> {
    pub(crate) chain: Chain,
    pub(crate) intake: Intake<'a>,
    pub(crate) outlet: Outlet,
    /// How many packets are taken, or emitted before they are sent, at the most.
    pub(crate) batch: usize,
    /// Lets packets go that come from outside the graph, where the run is live.
    pub(crate) pacer: Option<Pacer>,
    /// What is asked of its nodes while they run, by id.
    pub(crate) mail: Vec<(String, Arc<Mailbox>)>,
    pub(crate) barrier: Barrier,
}

/// How the threads of one run know of each other.
#[derive(Clone)]
pub(crate) struct Course {
    /// Everything stops, at once.
    pub(crate) stop: Cancel,
    /// Nothing new comes into the graph.
    pub(crate) drain: Cancel,
    failure: Arc<OnceLock<RunError>>,
    /// The checkpoints it makes.
    pub(crate) rounds: Arc<Rounds>,
}

impl Course {
    pub(crate) fn new(drain: Cancel) -> Self {
        Self { stop: Cancel::new(), drain, failure: Arc::default(), rounds: Arc::default() }
    }

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
    pub(crate) pacer: Option<Pacer>,
    /// Packets taken of the input.
    pub(crate) taken: u64,
}

impl Feeder<'_> {
    /// Run to the end of the input.
    pub(crate) fn run(mut self, course: &Course) {
        let mut round = 0;
        loop {
            if course.rounds.begun() != round {
                round = course.rounds.begun();
                if self.bar(course).is_err() {
                    return;
                }
            }
            let Some(item) = self.input.next() else { break };
            if course.is_over() {
                return;
            }
            if course.drain.is_cancelled() {
                break;
            }
            let packet = match item {
                // It may have been cut short.
                Err(_) if course.drain.is_cancelled() => break,
                Err(failure) => return course.fail(RunError::Input(failure)),
                Ok(packet) => packet,
            };
            self.taken += 1;
            if let Some(pacer) = &self.pacer {
                pacer.wait(packet.pts_ns);
            }
            for lane in &mut self.lanes {
                lane.push(packet.clone());
                if lane.flush(true).is_err() {
                    return;
                }
            }
        }
        self.note(course);
        // Where nobody listens any more, nobody needs to be told.
        let _ = self.lanes.iter_mut().try_for_each(Lane::end);
    }
}

impl Feeder<'_> {
    /// Give a barrier, and wait until the checkpoint is made.
    fn bar(&mut self, course: &Course) -> Result<(), Stopped> {
        let over = course.rounds.over();
        self.note(course);
        self.lanes.iter_mut().try_for_each(Lane::bar)?;
        wait(&over, &course.stop)
    }

    fn note(&self, course: &Course) {
        course.rounds.fed(self.taken, self.lanes.iter().map(|it| it.sequence.noted()).collect());
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
    /// Run to the end.
    ///
    /// The stage's queues close when this returns: takers then finish what they were sent, and givers stop.
    ///
    /// `sent` is called whenever packets may have been sent.
    pub(crate) fn run(mut self, course: &Course, sent: &mut dyn FnMut()) {
        let guard = self.chain.guard();
        if self.barrier.had_ended {
            course.rounds.end(self.barrier.stage, self.ended());
            // Where nobody listens any more, nobody needs to be told.
            let _ = self.outlet.end();
        } else if let Err(Ended::Failed(error)) = self.work(guard.as_deref(), course, sent) {
            course.fail(error);
        }
        hold(guard.as_deref(), &mut || self.chain.close());
        self.mail.iter().for_each(|(node, mailbox)| mailbox.close(node));
    }

    fn work(&mut self, guard: Option<&dyn Guard>, course: &Course, sent: &mut dyn FnMut()) -> Result<(), Ended> {
        let begins = !matches!(self.intake, Intake::Queue(_));
        loop {
            if course.stop.is_cancelled() || (begins && course.is_over()) {
                return Err(Ended::Stopped);
            }
            if matches!(self.intake, Intake::Source) && course.drain.is_cancelled() {
                self.chain.end_source();
            }
            self.read_mail();
            let is_asked = begins && course.rounds.begun() != self.barrier.round;
            match self.chain.state() {
                State::Hungry if self.barrier.came => self.pass_barrier(guard, course)?,
                State::Hungry if is_asked => self.give_barrier(guard, course)?,
                State::Hungry if matches!(self.intake, Intake::Run { .. }) => {
                    let mut taken = Ok(());
                    hold(guard, &mut || taken = self.take(course));
                    taken?;
                }
                State::Hungry => self.take(course)?,
                State::Busy if is_asked && self.is_at_source() => self.give_barrier(guard, course)?,
                State::Busy => {
                    let called = self.call(guard, is_asked, &course.stop);
                    sent();
                    called?;
                }
                State::Done => {
                    course.rounds.end(self.barrier.stage, self.ended());
                    return Ok(self.outlet.end()?);
                }
            }
        }
    }

    fn read_mail(&mut self) {
        for (node, mailbox) in &self.mail {
            if let Some(member) = self.chain.member(node) {
                mailbox.empty(&mut *member.parts.instance);
            }
        }
    }

    /// Wait for a packet, then take those that are there already.
    fn take(&mut self, course: &Course) -> Result<(), Ended> {
        let is_input = matches!(self.intake, Intake::Run { .. });
        let mut next = if is_input && course.drain.is_cancelled() { Next::End } else { self.intake.next(self.batch) };
        let mut taken = 0;
        loop {
            match next {
                Next::Packets(packets) => {
                    taken += packets.len();
                    self.chain.feed_all(packets);
                }
                Next::Packet(port, packet) => {
                    if let Some(pacer) = &self.pacer {
                        pacer.wait(packet.pts_ns);
                    }
                    taken += 1;
                    self.chain.feed(port, packet);
                }
                Next::Nothing => {
                    self.chain.woken();
                    break;
                }
                Next::Barrier => {
                    self.barrier.came = true;
                    break;
                }
                Next::End => {
                    self.chain.end();
                    break;
                }
                // It may have been cut short.
                Next::Failed(_) if course.drain.is_cancelled() => {
                    self.chain.end();
                    break;
                }
                Next::Failed(failure) => return Err(Ended::Failed(RunError::Input(failure))),
                // What was taken before is worked on first; the next batch meets the same end.
                Next::Stopped if taken > 0 => break,
                Next::Stopped => return Err(Ended::Stopped),
            }
            if taken == self.batch {
                break;
            }
            next = self.intake.ready(self.batch - taken);
        }
        Ok(())
    }

    /// Make calls for a moment, then send what came of them; also of those before a failed one.
    ///
    /// Waking the taker costs more than many a call, so it is woken once for what one moment yields. Nothing waits
    /// that way while the stage itself waits: what has been emitted is sent before the next packet is awaited.
    fn call(&mut self, guard: Option<&dyn Guard>, is_asked: bool, stop: &Cancel) -> Result<(), Ended> {
        let mut made = Ok(());
        // A source that is asked for a barrier gives nothing new before it.
        let rests = is_asked && matches!(self.intake, Intake::Source);
        hold(guard, &mut || made = steps(&mut self.chain, self.batch, rests, stop));
        match &self.pacer {
            Some(pacer) if matches!(self.intake, Intake::Source) => {
                for (port, packet) in std::mem::take(self.chain.emitted()) {
                    pacer.wait(packet.pts_ns);
                    self.outlet.send(&mut Batch::from([(port, packet)]))?;
                }
            }
            _ if !self.chain.emitted().is_empty() => self.outlet.send(self.chain.emitted())?,
            _ => {}
        }
        made.map_err(|error| Ended::Failed(RunError::Node(error)))
    }
}

/// Make calls for a moment, while there are any to make.
fn steps(chain: &mut Chain, batch: usize, rests: bool, stop: &Cancel) -> Result<(), Box<NodeError>> {
    let begin = Instant::now();
    let (mut stride, mut left) = (1, 1_u32);
    while chain.emitted().len() < batch && chain.state() == State::Busy && !stop.is_cancelled() {
        if rests && chain.is_at_source() {
            break;
        }
        step(chain, stop)?;
        left -= 1;
        if left == 0 {
            let elapsed = begin.elapsed();
            if elapsed >= MOMENT {
                break;
            }
            // A look at the clock costs as much as a small node.
            stride = if elapsed < MOMENT / 16 { STRIDE.min(stride * 2) } else { 1 };
            left = stride;
        }
    }
    Ok(())
}

/// One step; a panic of a node is its failure.
fn step(chain: &mut Chain, stop: &Cancel) -> Result<(), Box<NodeError>> {
    match catch_unwind(AssertUnwindSafe(|| chain.step(stop))) {
        Ok(made) => made,
        Err(panic) => chain.failed(panicked(panic.as_ref()), true),
    }
}

/// The failure that a panic is.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> NodeFailure {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message");
    NodeFailure::new("RM602", format!("the node panicked: {text}"))
}

/// Run the batch while holding the guard, if there is one.
pub(crate) fn hold(guard: Option<&dyn Guard>, batch: &mut dyn FnMut()) {
    match guard {
        Some(guard) => guard.hold(batch),
        None => batch(),
    }
}
