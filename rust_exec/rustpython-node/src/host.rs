//! What Python may ask of this process: bytes out, lines of the log, random bytes, the time.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use remotemedia_engine::{EffectiveLimits, LogLevel, LogRecord, LogSink};

thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// The one node's host.
pub(crate) struct Host {
    node: String,
    log: Arc<dyn LogSink>,
    started: Instant,
    written: Vec<u8>,
    limits: EffectiveLimits,
    exceeded: bool,
}

/// Be the host of a node.
pub(crate) fn begin(node: &str, log: Arc<dyn LogSink>, limits: EffectiveLimits) {
    let host =
        Host { node: node.to_owned(), log, started: Instant::now(), written: Vec::new(), limits, exceeded: false };
    HOST.set(Some(host));
}

/// Take what was written since; `None` if that was more than a call may write.
pub(crate) fn take() -> Option<Vec<u8>> {
    with(|host| {
        let written = std::mem::take(&mut host.written);
        (!std::mem::take(&mut host.exceeded)).then_some(written)
    })
    .flatten()
}

/// Keep bytes that a packet or a state is made of; whether there was room for them.
pub(crate) fn write(bytes: &[u8]) -> bool {
    with(|host| {
        // What a packet has beside its payload is no output.
        const SLACK: u64 = 1 << 20;
        let size = (host.written.len() + bytes.len()) as u64;
        host.exceeded |= size > host.limits.output_bytes.saturating_add(SLACK);
        if !host.exceeded {
            host.written.extend_from_slice(bytes);
        }
        !host.exceeded
    })
    .unwrap_or(false)
}

/// One line of the log; the parent counts and cleans.
pub(crate) fn log(level: i64, message: &str, file: &str, line: u32) {
    with(|host| {
        let level = match level {
            0 => LogLevel::Debug,
            1 => LogLevel::Info,
            2 => LogLevel::Warning,
            _ => LogLevel::Error,
        };
        let place = (!file.is_empty()).then_some((file, line));
        host.log.log(&LogRecord { node: &host.node, level, message, place });
    });
}

/// Nanoseconds since the node was made.
pub(crate) fn now() -> u64 {
    with(|host| u64::try_from(host.started.elapsed().as_nanos()).unwrap_or(u64::MAX)).unwrap_or(0)
}

fn with<T>(call: impl FnOnce(&mut Host) -> T) -> Option<T> {
    HOST.with_borrow_mut(|host| host.as_mut().map(call))
}
