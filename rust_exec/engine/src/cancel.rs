//! How a run is stopped from outside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Stops a run; clones stop the same run. Once cancelled it stays so.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Default)]
struct Inner {
    cancelled: AtomicBool,
    /// Who is to be told.
    told: Mutex<Vec<Weak<dyn Wake>>>,
    changed: Condvar,
}

/// What waits, and looks again when it is told to.
pub(crate) trait Wake: Send + Sync {
    fn wake(&self);
}

/// Wakes the thread of a node that waits for input; from any thread.
#[derive(Clone)]
pub struct Waker(pub(crate) Weak<dyn Wake>);

impl Waker {
    /// Have it ask the node whether it [has more](crate::NodeInstance::has_more).
    pub fn wake(&self) {
        if let Some(thread) = self.0.upgrade() {
            thread.wake();
        }
    }
}

impl Wake for Inner {
    fn wake(&self) {
        let told = {
            let mut told = self.lock();
            self.cancelled.store(true, Ordering::Release);
            std::mem::take(&mut *told)
        };
        self.changed.notify_all();
        told.iter().filter_map(Weak::upgrade).for_each(|it| it.wake());
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Vec<Weak<dyn Wake>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_cancelled()).finish()
    }
}

impl Cancel {
    /// Not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stop the run: every call that is under way ends, no other begins.
    pub fn cancel(&self) {
        self.0.wake();
    }

    /// Whether [`Cancel::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Wait until it is cancelled, but not for longer than that; whether it is.
    #[must_use]
    pub fn wait(&self, at_most: Duration) -> bool {
        let end = Instant::now() + at_most;
        let mut told = self.0.lock();
        while !self.is_cancelled() {
            let Some(left) = end.checked_duration_since(Instant::now()).filter(|it| !it.is_zero()) else { break };
            told = self.0.changed.wait_timeout(told, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        self.is_cancelled()
    }

    /// Cancel another whenever this one is.
    pub fn also(&self, other: &Self) {
        self.tell(Arc::downgrade(&other.0) as Weak<dyn Wake>);
    }

    /// Tell someone when it is cancelled; at once if it is already.
    pub(crate) fn tell(&self, who: Weak<dyn Wake>) {
        let mut told = self.0.lock();
        if self.is_cancelled() {
            drop(told);
            if let Some(who) = who.upgrade() {
                who.wake();
            }
        } else {
            // A cancel that outlives many runs keeps none of them.
            if told.len() == told.capacity() {
                told.retain(|it| it.strong_count() > 0);
            }
            told.push(who);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_cancelled_too_whenever_that_was_asked() {
        let (run, before, after) = (Cancel::new(), Cancel::new(), Cancel::new());
        run.also(&before);
        assert!(!before.wait(Duration::ZERO));
        run.cancel();
        run.also(&after);
        assert!(before.is_cancelled() && after.wait(Duration::from_secs(60)));
    }

    #[test]
    fn who_waits_is_woken() {
        let cancel = Cancel::new();
        let waiting = cancel.clone();
        let thread = std::thread::spawn(move || waiting.wait(Duration::from_secs(60)));
        cancel.cancel();
        assert!(thread.join().is_ok_and(|it| it));
    }
}
