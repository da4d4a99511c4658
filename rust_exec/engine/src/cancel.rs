//! How a run is stopped from outside.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};

/// Stops a run; clones stop the same run. Once cancelled it stays so.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cancelled: AtomicBool,
    /// Held until cancellation: its drop wakes whoever waits on `signal`.
    hold: Mutex<Option<Sender<Infallible>>>,
    signal: Receiver<Infallible>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

impl Cancel {
    /// Not cancelled.
    #[must_use]
    pub fn new() -> Self {
        let (hold, signal) = bounded(0);
        Self(Arc::new(Inner { cancelled: AtomicBool::new(false), hold: Mutex::new(Some(hold)), signal }))
    }

    /// Stop the run: every call that is under way ends, no other begins.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.hold.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether [`Cancel::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Never gives anything; disconnects on cancellation, so that it can be waited on beside a queue.
    pub(crate) fn signal(&self) -> &Receiver<Infallible> {
        &self.0.signal
    }
}
