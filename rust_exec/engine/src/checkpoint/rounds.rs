//! How the threads of a run make a checkpoint together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::cancel::Cancel;
use crate::checkpoint::Checkpointing;
use crate::checkpoint::state::{Blobs, Checkpoint, SequenceState, StageState};
use crate::error::NodeFailure;
use crate::queue::Stopped;

/// One checkpoint after the other.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    /// Number of the last round that began; 0 before the first.
    ///
    /// Sources compare it with the number of the round they last took part in, before each packet or batch.
    begun: AtomicU64,
    round: Mutex<Round>,
}

#[derive(Debug, Default)]
struct Round {
    /// Cancelled when the sources may go on.
    over: Cancel,
    since: Option<Instant>,
    /// By stage.
    parts: Vec<Option<Part>>,
    input: u64,
    fed: Vec<SequenceState>,
    /// Why there is no checkpoint this time.
    failure: Option<NodeFailure>,
}

#[derive(Debug)]
enum Part {
    /// As it was when the barrier passed.
    Noted(StageState, Blobs),
    /// It gives nothing more, in this round and in all later ones.
    Ended(StageState),
}

impl Rounds {
    /// Number of the last round that began.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Acquire)
    }

    /// Begin rounds, one so long after the end of the other, until the run is done.
    pub(crate) fn keep_time(&self, every: Duration, done: &Cancel) {
        while !done.wait(every) {
            let over = self.begin(done);
            while !over.wait(every) {}
        }
    }

    /// Ask every source for a barrier; gives what is cancelled when the round is over, or the run is done.
    fn begin(&self, done: &Cancel) -> Cancel {
        let mut round = self.round();
        round.over = Cancel::new();
        done.also(&round.over);
        round.since = Some(Instant::now());
        round.failure = None;
        round.parts.iter_mut().filter(|it| matches!(it, Some(Part::Noted(..)))).for_each(|it| *it = None);
        let over = round.over.clone();
        drop(round);
        self.begun.fetch_add(1, Ordering::Release);
        over
    }

    /// What is cancelled when the round under way is over. A source asks before it gives its barrier: until then the round
    /// cannot end.
    pub(crate) fn over(&self) -> Cancel {
        self.round().over.clone()
    }

    /// Where the run's input stands: packets taken, and the numbers of the edges it is given along.
    pub(crate) fn fed(&self, input: u64, fed: Vec<SequenceState>) {
        let mut round = self.round();
        (round.input, round.fed) = (input, fed);
    }

    /// How a stage was when the barrier passed; a failure makes this round one without a checkpoint.
    pub(crate) fn note(&self, stage: usize, noted: Result<(StageState, Blobs), NodeFailure>) {
        let mut round = self.round();
        match noted {
            Ok((state, blobs)) => round.put(stage, Part::Noted(state, blobs)),
            Err(failure) => round.failure = Some(failure),
        }
    }

    /// A stage has given all that it ever gives; to be told before its takers know.
    pub(crate) fn end(&self, stage: usize, state: StageState) {
        self.round().put(stage, Part::Ended(state));
    }

    /// Every leaf has given its barrier: what was noted, and how long sources have waited.
    fn finish(&self) -> (Result<Checkpoint, NodeFailure>, Duration) {
        let mut round = self.round();
        let since = round.since.map_or(Duration::ZERO, |it| it.elapsed());
        (round.checkpoint(), since)
    }

    /// Let the sources go on.
    fn release(&self) {
        self.round().over.cancel();
    }

    fn round(&self) -> MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wait, behind a barrier, until its round is over.
pub(crate) fn wait(over: &Cancel, stop: &Cancel) -> Result<(), Stopped> {
    while !over.wait(Duration::from_secs(60)) {}
    if stop.is_cancelled() { Err(Stopped) } else { Ok(()) }
}

impl Round {
    fn put(&mut self, stage: usize, part: Part) {
        if self.parts.len() <= stage {
            self.parts.resize_with(stage + 1, || None);
        }
        self.parts[stage] = Some(part);
    }

    /// Put the parts together. A barrier reaches a leaf only through stages that have noted their part or ended before.
    fn checkpoint(&mut self) -> Result<Checkpoint, NodeFailure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let (input, fed) = (self.input, self.fed.clone());
        let mut checkpoint = Checkpoint { input, fed, stages: Vec::new(), blobs: Vec::new() };
        for part in &mut self.parts {
            match part {
                Some(Part::Ended(state)) => checkpoint.stages.push(state.clone()),
                Some(Part::Noted(state, blobs)) => {
                    checkpoint.stages.push(std::mem::take(state).behind(checkpoint.blobs.len()));
                    checkpoint.blobs.append(blobs);
                }
                None => return Err(NodeFailure::new("RM624", "expected the state of every stage, got fewer")),
            }
        }
        Ok(checkpoint)
    }
}

/// The barriers that reach the sink.
pub(crate) struct Leaves<'a, 'c> {
    rounds: &'a Rounds,
    checkpointing: Option<&'a mut Checkpointing<'c>>,
    /// Leaves that have not ended, and of those the ones whose barrier has come.
    open: usize,
    barred: usize,
}

impl<'a, 'c> Leaves<'a, 'c> {
    pub(crate) fn new(rounds: &'a Rounds, checkpointing: Option<&'a mut Checkpointing<'c>>, leaves: usize) -> Self {
        Self { rounds, checkpointing, open: leaves, barred: 0 }
    }

    /// A leaf has given all.
    pub(crate) fn end(&mut self) -> Result<(), NodeFailure> {
        self.open -= 1;
        self.look()
    }

    /// A leaf has given its barrier.
    pub(crate) fn bar(&mut self) -> Result<(), NodeFailure> {
        self.barred += 1;
        self.look()
    }

    fn look(&mut self) -> Result<(), NodeFailure> {
        if self.barred == 0 || self.barred < self.open {
            return Ok(());
        }
        self.barred = 0;
        let (made, waited) = self.rounds.finish();
        let committed = match &mut self.checkpointing {
            Some(it) => (it.commit)(made, waited),
            None => Ok(()),
        };
        self.rounds.release();
        committed
    }
}
