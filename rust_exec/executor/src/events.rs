//! What a caller is told while a package runs: JSON lines on a descriptor of their own.

use std::fs::File;
use std::io::Write;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use remotemedia_engine::{Action, FailureSink, LogLevel, LogRecord, LogSink, Monitor, NodeError, Report};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::secrets::Secrets;

/// Writes events; without a descriptor, only log lines are shown, on stderr.
pub(crate) struct Events {
    out: Option<Mutex<File>>,
    started: Instant,
    has_output: AtomicBool,
    /// What must not show in any event.
    secrets: OnceLock<Arc<Secrets>>,
    /// What the run counted, once it has begun.
    monitor: OnceLock<Monitor>,
}

impl Events {
    /// Events to a descriptor that the caller opened and this process inherited.
    ///
    /// It is opened anew by its name in `/dev/fd`, which needs no claim of ownership over a bare number.
    pub(crate) fn to(descriptor: Option<RawFd>) -> Arc<Self> {
        let path = descriptor.map(|fd| PathBuf::from(format!("/dev/fd/{fd}")));
        let out = path.and_then(|it| File::options().write(true).open(it).ok()).map(Mutex::new);
        Arc::new(Self {
            out,
            started: Instant::now(),
            has_output: AtomicBool::new(false),
            secrets: OnceLock::new(),
            monitor: OnceLock::new(),
        })
    }

    /// From now on, show none of these.
    pub(crate) fn hide(&self, secrets: &Arc<Secrets>) {
        // They are read once, so there are no others.
        let _ = self.secrets.set(Arc::clone(secrets));
    }

    /// A text without the secrets in it.
    pub(crate) fn hidden(&self, mut text: String) -> String {
        if let Some(secrets) = self.secrets.get() {
            secrets.hide_in(&mut text);
        }
        text
    }

    /// A stage of starting up is done.
    pub(crate) fn stage(&self, name: &str) {
        self.send(json!({"event": "stage", "name": name, "at_ms": self.at_ms()}));
    }

    /// A packet reached the output; the first one is an event.
    pub(crate) fn first_output(&self) {
        if !self.has_output.swap(true, Ordering::Relaxed) {
            self.stage("first output");
        }
    }

    /// The run ended as it should.
    pub(crate) fn done(&self, report: &Report) {
        self.send(json!({"event": "done", "at_ms": self.at_ms(), "report": report}));
    }

    /// From now on, a failure comes with what was counted until then.
    pub(crate) fn watch(&self, monitor: &Monitor) {
        // One process runs one pipeline.
        let _ = self.monitor.set(monitor.clone());
    }

    /// What was counted so far.
    pub(crate) fn metrics(&self, report: &Report) {
        self.send(json!({"event": "metrics", "at_ms": self.at_ms(), "report": report}));
    }

    /// The run failed; tells whether anybody was there to hear it.
    pub(crate) fn failure(&self, failure: &Failure) -> bool {
        let mut event = json!({"event": "error", "at_ms": self.at_ms(), "error": failure});
        if let Some(monitor) = self.monitor.get() {
            event["report"] = json!(monitor.report());
        }
        self.send(event)
    }

    /// What a picture of the run needs of its packets.
    pub(crate) fn probe(&self, mut seen: Value) {
        (seen["event"], seen["at_ms"]) = ("probe".into(), self.at_ms().into());
        self.send(seen);
    }

    /// A checkpoint is durable; sources have waited so long for it.
    pub(crate) fn checkpoint(&self, n: u64, bytes: u64, pause: Duration) {
        let pause_ms = (pause.as_secs_f64() * 1e6).round() / 1e3;
        self.send(json!({"event": "checkpoint", "at_ms": self.at_ms(), "n": n, "bytes": bytes, "pause_ms": pause_ms}));
    }

    /// A parameter was given another value, or could not be.
    pub(crate) fn set(&self, node: &str, param: &str, done: Result<(), Failure>) {
        let mut event =
            json!({"event": "set", "at_ms": self.at_ms(), "node": node, "param": param, "ok": done.is_ok()});
        if let Err(failure) = done {
            event["error"] = json!(failure);
        }
        self.send(event);
    }

    /// Something a person should know.
    pub(crate) fn notice(&self, message: &str) {
        self.send(json!({"event": "notice", "at_ms": self.at_ms(), "message": message}));
    }

    fn at_ms(&self) -> f64 {
        (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }

    /// An event that cannot be written has lost its reader, which is no reason to end the run.
    fn send(&self, mut event: Value) -> bool {
        let Some(out) = &self.out else { return false };
        if let Some(secrets) = self.secrets.get() {
            secrets.hide(&mut event);
        }
        let mut line = event.to_string();
        line.push('\n');
        out.lock().is_ok_and(|mut file| file.write_all(line.as_bytes()).is_ok())
    }
}

impl FailureSink for Events {
    fn handled(&self, action: Action, error: &NodeError) {
        let failure = Failure::from(error.clone());
        let (node, action) = (&error.node, action.name());
        let at_ms = self.at_ms();
        self.send(
            json!({"event": "failure_handled", "at_ms": at_ms, "node": node, "action": action, "error": failure}),
        );
    }
}

impl LogSink for Events {
    #[allow(clippy::print_stderr, reason = "without an events descriptor stderr is where people look")]
    fn log(&self, record: &LogRecord<'_>) {
        let LogRecord { node, message, place, .. } = record;
        let level = match record.level {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warning => "warning",
            LogLevel::Error => "error",
        };
        let mut event =
            json!({"event": "log", "at_ms": self.at_ms(), "node": node, "level": level, "message": message});
        if let Some((file, line)) = place {
            (event["file"], event["line"]) = ((*file).into(), (*line).into());
        }
        if !self.send(event) {
            let place = place.map_or_else(String::new, |(file, line)| format!("{file}:{line}: "));
            eprintln!("[{node}] {level}: {place}{}", self.hidden((*message).to_owned()));
        }
    }
}
