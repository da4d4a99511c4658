//! Tells what a run counted so far, again and again while it goes on.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use remotemedia_engine::Monitor;

use crate::events::Events;
use crate::failure::Failure;

/// Nobody reads faster, and a report costs some tens of microseconds.
const SHORTEST: Duration = Duration::from_millis(10);

/// A thread that tells; it ends with this.
pub(crate) struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Tell as often as this, if at all.
    pub(crate) fn start(every_ms: Option<u64>, monitor: Monitor, events: &Arc<Events>) -> Result<Self, Failure> {
        let Some(every) = every_ms.map(|it| Duration::from_millis(it).max(SHORTEST)) else {
            return Ok(Self { stop: None, thread: None });
        };
        let (stop, stopped) = channel();
        let events = Arc::clone(events);
        let tell = move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                events.metrics(&monitor.report());
            }
        };
        let thread = std::thread::Builder::new().name("metrics".to_owned()).spawn(tell);
        let thread = thread.map_err(|e| Failure::new("RM613", format!("expected a thread for metrics, got: {e}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It does nothing that could panic.
            let _ = thread.join();
        }
    }
}
