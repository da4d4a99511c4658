//! Runs that last too long, or that nobody waits for any more, are ended, between two operators of the graph.

use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::Builder;
use std::time::{Duration, Instant};

use ort::session::RunOptions;
use remotemedia_engine::{Cancel, NodeFailure};

/// How often runs under way are looked at.
const TICK: Duration = Duration::from_millis(10);
/// Ticks without a run after which nobody looks any more.
const IDLE: u32 = 100;

/// The deadline of one session's runs, one after the other.
pub(crate) struct Deadline {
    pub(crate) options: RunOptions,
    until: Mutex<Until>,
}

#[derive(Default)]
struct Until {
    time: Option<Instant>,
    cancel: Option<Cancel>,
    ended: bool,
}

/// All deadlines of this process, and whether somebody looks at them.
#[derive(Default)]
struct Watch {
    deadlines: Vec<Weak<Deadline>>,
    is_awake: bool,
    is_running: bool,
}

static WATCH: LazyLock<(Mutex<Watch>, Condvar)> = LazyLock::new(Default::default);

impl Deadline {
    /// # Errors
    ///
    /// `RM608`: the library refuses.
    pub(crate) fn new() -> Result<Arc<Self>, NodeFailure> {
        let options = RunOptions::new().map_err(|error| NodeFailure::new("RM608", error.to_string()))?;
        let deadline = Arc::new(Self { options, until: Mutex::default() });
        let mut watch = lock(&WATCH.0);
        watch.deadlines.retain(|it| it.strong_count() > 0);
        watch.deadlines.push(Arc::downgrade(&deadline));
        Ok(deadline)
    }

    /// A run begins.
    pub(crate) fn begin(&self, timeout: Duration, cancel: &Cancel) {
        let time = Instant::now().checked_add(timeout);
        *lock(&self.until) = Until { time, cancel: Some(cancel.clone()), ended: false };
        let mut watch = lock(&WATCH.0);
        if !watch.is_awake {
            watch.is_awake = true;
            if !watch.is_running {
                // Without a thread to spare, runs have no end of their own; the process that contains them has.
                watch.is_running = Builder::new().name("onnx deadlines".to_owned()).spawn(look).is_ok();
            }
            WATCH.1.notify_all();
        }
    }

    /// The run has ended; whether it was ended.
    pub(crate) fn end(&self) -> bool {
        let until = std::mem::take(&mut *lock(&self.until));
        if until.ended {
            // A session whose options stay terminated fails its next run, and says so.
            let _ = self.options.unterminate();
        }
        until.ended
    }

    /// End the run under way if its time is over; whether there is one.
    fn check(&self) -> bool {
        let mut until = lock(&self.until);
        let Some(cancel) = &until.cancel else { return false };
        let is_over = cancel.is_cancelled() || until.time.is_some_and(|it| it <= Instant::now());
        if !until.ended && is_over {
            until.ended = self.options.terminate().is_ok();
        }
        true
    }
}

fn look() {
    let mut idle = 0;
    loop {
        std::thread::sleep(TICK);
        let mut watch = lock(&WATCH.0);
        watch.deadlines.retain(|it| it.strong_count() > 0);
        let busy = watch.deadlines.iter().filter_map(Weak::upgrade).filter(|it| it.check()).count();
        idle = if busy > 0 { 0 } else { idle + 1 };
        if idle > IDLE {
            watch.is_awake = false;
            while !watch.is_awake {
                watch = WATCH.1.wait(watch).unwrap_or_else(PoisonError::into_inner);
            }
            idle = 0;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
