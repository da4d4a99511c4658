//! When packets are let go: as fast as can be, or at their times.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::cancel::Cancel;
use crate::metrics::Board;

/// How fast a run takes its input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// As fast as can be.
    #[default]
    Batch,
    /// Packets of sources and of the input are let go at their presentation times, against the clock.
    Live,
}

/// A packet that is let go so much after its time counts as late.
const LATE: Duration = Duration::from_millis(10);

/// Lets packets go at their times. The first packet of a run that has one sets the clock for all.
#[derive(Clone)]
pub(crate) struct Pacer {
    origin: Arc<OnceLock<(Instant, i64)>>,
    board: Arc<Board>,
    drain: Cancel,
}

impl Pacer {
    /// One that waits no longer when the run drains.
    pub(crate) fn new(board: Arc<Board>, drain: Cancel) -> Self {
        Self { origin: Arc::default(), board, drain }
    }

    /// Wait for a time of presentation, in nanoseconds; a packet without one goes at once.
    pub(crate) fn wait(&self, pts_ns: Option<i64>) {
        let Some(pts) = pts_ns else { return };
        let (begin, first) = *self.origin.get_or_init(|| (Instant::now(), pts));
        let due = begin + Duration::from_nanos(u64::try_from(pts.saturating_sub(first)).unwrap_or(0));
        match due.checked_duration_since(Instant::now()) {
            Some(early) => drop(self.drain.wait(early)),
            None if due.elapsed() > LATE => drop(self.board.late.fetch_add(1, Ordering::Relaxed)),
            None => {}
        }
    }
}
