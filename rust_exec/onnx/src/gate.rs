//! Where the nodes of one model meet: whoever finds a session idle leads, runs what it brought and whatever else waits,
//! as one where that can be, and hands the session on with its own work done. Nobody waits for company.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use ort::session::Session;
use ort::value::DynValue;
use remotemedia_engine::NodeFailure;

use crate::batch::{is_equal, is_joinable};
use crate::group::Group;
use crate::lane::{Lane, Values};
use crate::model::Opener;
use crate::value::bytes;

/// Bytes of packets that are run as one at the most, where the node leaves it to us: what a model computes of them takes a
/// multiple.
const MOST_BYTES: usize = 4 << 20;

/// Runs of one stream, one after the other: each begins with the state that the one before left.
pub(crate) struct Job {
    pub(crate) group: Arc<Group>,
    /// By run, the packets' values.
    pub(crate) inputs: VecDeque<Vec<DynValue>>,
    /// What the next run begins with.
    pub(crate) state: Vec<DynValue>,
    /// By run, the values that are given out.
    pub(crate) results: Vec<Vec<DynValue>>,
    /// Why the run after the last result failed; no other follows.
    pub(crate) failure: Option<NodeFailure>,
}

impl Job {
    fn is_done(&self) -> bool {
        self.failure.is_some() || self.inputs.is_empty()
    }

    /// What the next run takes.
    fn values(&self) -> Option<Values<'_>> {
        self.inputs.front().map(|it| it.iter().chain(&self.state).collect())
    }

    fn take(&mut self, outcome: Result<Vec<DynValue>, NodeFailure>) {
        self.inputs.pop_front();
        match outcome {
            Err(failure) => self.failure = Some(failure),
            Ok(mut values) => {
                self.state = values.split_off(self.group.given);
                self.results.push(values);
            }
        }
    }
}

/// Moves the jobs whose next runs can be made with the first one's to the front; how many there are, with the first.
fn company(group: &Group, jobs: &mut [&mut Job]) -> usize {
    let Some(axes) = &group.axes else { return 1 };
    let length =
        |job: &Job| job.inputs.front().map_or(0, |it| it.iter().map(|it| bytes(it).map_or(0, |it| it.1.len())).sum());
    let (mut count, mut size): (usize, usize) = (1, length(&*jobs[0]));
    for index in 1..jobs.len() {
        let larger = size + length(&*jobs[index]);
        if count == group.most || (group.exact && larger > MOST_BYTES) {
            break;
        }
        let is_like = group.is_like(&jobs[index].group)
            && match (jobs[0].values(), jobs[index].values()) {
                (Some(a), Some(b)) => a.iter().zip(b).zip(&axes.inputs).all(|((a, b), axis)| is_joinable(a, b, *axis)),
                _ => false,
            };
        if is_like {
            jobs.swap(count, index);
            (count, size) = (count + 1, larger);
        }
    }
    count
}

/// What one caller brought, and where it waits.
struct Ticket {
    jobs: Vec<Job>,
    seat: Arc<Seat>,
}

#[derive(Default)]
struct Seat {
    call: Mutex<Option<Call>>,
    called: Condvar,
}

/// Why somebody who waits is woken.
#[allow(clippy::large_enum_variant, reason = "it is moved once")]
enum Call {
    /// Its jobs are done.
    Done(Vec<Job>),
    /// It has to lead; the first ticket is its own.
    Lead(Lane, Vec<Ticket>),
}

pub(crate) struct Gate {
    state: Mutex<State>,
    /// Nodes that may come.
    nodes: AtomicUsize,
    opener: Option<Arc<Opener>>,
}

/// A node that may come to a gate.
pub(crate) struct Pass(Arc<Gate>);

impl Drop for Pass {
    fn drop(&mut self) {
        let is_last = self.0.nodes.fetch_sub(1, Ordering::Relaxed) == 1;
        if let Some(opener) = self.0.opener.as_ref().filter(|_| is_last) {
            opener.rest();
        }
    }
}

struct State {
    waiting: VecDeque<Ticket>,
    idle: Vec<Lane>,
    /// Sessions there are, or will be.
    lanes: usize,
    most_lanes: usize,
    tried: Tried,
}

/// What is known of several runs as one.
#[derive(Default)]
struct Tried {
    /// Numbers of runs that gave what single runs give, to the bit.
    same: BTreeSet<usize>,
    /// Some did not.
    differs: bool,
    /// The model cannot be run on several at all.
    fails: bool,
}

impl Tried {
    /// Whether so many runs may be made as one without being held against single ones; `None` where they may not be made.
    fn known(&self, group: &Group, runs: usize) -> Option<bool> {
        let refused = self.fails || (group.exact && self.differs);
        (runs > 1 && !refused).then(|| !group.exact || self.same.contains(&runs))
    }
}

impl Gate {
    pub(crate) fn new(session: Session, opener: Option<Arc<Opener>>) -> Result<Self, NodeFailure> {
        let idle = vec![Lane::new(session, opener.clone())?];
        let most_lanes = if opener.is_some() { available_parallelism().map_or(1, NonZero::get).min(8) } else { 1 };
        let state = State { waiting: VecDeque::new(), idle, lanes: 1, most_lanes, tried: Tried::default() };
        Ok(Self { state: Mutex::new(state), nodes: AtomicUsize::new(0), opener })
    }

    /// There is another node that may come, as long as the pass lives.
    pub(crate) fn enter(self: &Arc<Self>) -> Pass {
        self.nodes.fetch_add(1, Ordering::Relaxed);
        Pass(Arc::clone(self))
    }

    /// Run the jobs to their ends.
    pub(crate) fn run(self: &Arc<Self>, jobs: Vec<Job>) -> Vec<Job> {
        let ticket = Ticket { jobs, seat: Arc::default() };
        let seat = Arc::clone(&ticket.seat);
        let mut state = self.lock();
        match state.idle.pop() {
            Some(lane) => {
                drop(state);
                self.lead(lane, vec![ticket])
            }
            None => {
                state.waiting.push_back(ticket);
                self.grow(&mut state);
                drop(state);
                match seat.wait() {
                    Call::Done(jobs) => jobs,
                    Call::Lead(lane, tickets) => self.lead(lane, tickets),
                }
            }
        }
    }

    /// Run until the first ticket's jobs are done, then let another lead.
    fn lead(&self, mut lane: Lane, mut active: Vec<Ticket>) -> Vec<Job> {
        loop {
            self.admit(&mut active);
            self.round(&mut lane, &mut active);
            let mut index = 1;
            while index < active.len() {
                if active[index].jobs.iter().all(Job::is_done) {
                    let ticket = active.remove(index);
                    ticket.seat.call(Call::Done(ticket.jobs));
                } else {
                    index += 1;
                }
            }
            if active[0].jobs.iter().all(Job::is_done) {
                let own = active.remove(0);
                self.hand_on(lane, active);
                return own.jobs;
            }
        }
    }

    /// Take in who waits: a fair share where several sessions are at work.
    ///
    /// Where not all are there, those that have a packet but no processor may come first; it costs nothing if none has.
    fn admit(&self, active: &mut Vec<Ticket>) {
        if active.len() < self.nodes.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        let mut state = self.lock();
        let busy = (state.lanes - state.idle.len()).max(1);
        let share = state.waiting.len().div_ceil(busy);
        active.extend(state.waiting.drain(..share));
    }

    fn hand_on(&self, lane: Lane, mut active: Vec<Ticket>) {
        if active.is_empty() {
            let mut state = self.lock();
            match state.waiting.pop_front() {
                Some(next) => active.push(next),
                None => return state.idle.push(lane),
            }
        }
        let seat = Arc::clone(&active[0].seat);
        seat.call(Call::Lead(lane, active));
    }

    /// The next run of a job, with those of others that can be made with it.
    fn round(&self, lane: &mut Lane, active: &mut [Ticket]) {
        let mut jobs: Vec<&mut Job> =
            active.iter_mut().flat_map(|it| &mut it.jobs).filter(|it| !it.is_done()).collect();
        if jobs.is_empty() {
            return;
        }
        // In turn, so that jobs which cannot be run with the first do not wait for its end.
        while !jobs.is_empty() {
            let group = Arc::clone(&jobs[0].group);
            let count = company(&group, &mut jobs);
            let rest = jobs.split_off(count);
            let runs: Vec<Values<'_>> = jobs.iter().filter_map(|it| it.values()).collect();
            let outcomes = self.together(lane, &group, &runs);
            drop(runs);
            jobs.iter_mut().zip(outcomes).for_each(|(job, outcome)| job.take(outcome));
            jobs = rest;
        }
    }

    /// Runs as one if that is known to make no difference, else one by one.
    fn together(&self, lane: &mut Lane, group: &Group, runs: &[Values<'_>]) -> Vec<Result<Vec<DynValue>, NodeFailure>> {
        let Some(known) = self.lock().tried.known(group, runs.len()) else {
            return runs.iter().map(|it| lane.single(group, it)).collect();
        };
        let joined = lane.joined(group, runs);
        if let (Ok(outcomes), true) = (&joined, known) {
            debug_assert_eq!(outcomes.len(), runs.len());
            return joined.into_iter().flatten().map(Ok).collect();
        }
        let singles: Vec<_> = runs.iter().map(|it| lane.single(group, it)).collect();
        // A run that fails alone says nothing of batches.
        if singles.iter().all(Result::is_ok) {
            let is_same = |(joined, single): (&Vec<DynValue>, &Result<Vec<DynValue>, NodeFailure>)| {
                single.as_ref().is_ok_and(|single| is_equal(joined, single))
            };
            let tried = &mut self.lock().tried;
            match joined {
                Err(_) => tried.fails = true,
                Ok(joined) if joined.iter().zip(&singles).all(is_same) => drop(tried.same.insert(runs.len())),
                Ok(_) => tried.differs = true,
            }
        }
        singles
    }

    /// Somebody waits: make a further session, if there may be one.
    fn grow(self: &Arc<Self>, state: &mut State) {
        let Some(opener) = self.opener.clone().filter(|_| state.lanes < state.most_lanes) else { return };
        state.lanes += 1;
        let gate = Arc::clone(self);
        let shared = Arc::clone(&opener);
        let spawned = opener.spawn(move |opener| {
            match opener.open(&[]).ok().and_then(|session| Lane::new(session, Some(shared)).ok()) {
                Some(lane) => gate.hand_on(lane, Vec::new()),
                None => gate.shrink(),
            }
        });
        if !spawned {
            (state.lanes, state.most_lanes) = (state.lanes - 1, state.lanes - 1);
        }
    }

    /// A further session could not be made, and none is tried again.
    fn shrink(&self) {
        let mut state = self.lock();
        state.lanes -= 1;
        state.most_lanes = state.lanes;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn call(&self, call: Call) {
        *self.call.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
        self.called.notify_one();
    }

    fn wait(&self) -> Call {
        let mut call = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match call.take() {
                Some(call) => return call,
                None => call = self.called.wait(call).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}
