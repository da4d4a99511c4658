//! What a caller is told while a package runs: JSON lines on a descriptor of their own.

use std::fs::File;
use std::io::Write;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use remotemedia_engine::{LogLevel, LogRecord, LogSink};
use serde::Serialize;
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
}

impl Events {
    /// Events to a descriptor that the caller opened and this process inherited.
    ///
    /// It is opened anew by its name in `/dev/fd`, which needs no claim of ownership over a bare number.
    pub(crate) fn to(descriptor: Option<RawFd>) -> Arc<Self> {
        let path = descriptor.map(|fd| PathBuf::from(format!("/dev/fd/{fd}")));
        let out = path.and_then(|it| File::options().write(true).open(it).ok()).map(Mutex::new);
        Arc::new(Self { out, started: Instant::now(), has_output: AtomicBool::new(false), secrets: OnceLock::new() })
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
    pub(crate) fn done(&self, report: &impl Serialize) {
        self.send(json!({"event": "done", "at_ms": self.at_ms(), "report": report}));
    }

    /// The run failed; tells whether anybody was there to hear it.
    pub(crate) fn failure(&self, failure: &Failure) -> bool {
        self.send(json!({"event": "error", "at_ms": self.at_ms(), "error": failure}))
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
        let mut event = json!({"event": "log", "node": node, "level": level, "message": message});
        if let Some((file, line)) = place {
            (event["file"], event["line"]) = ((*file).into(), (*line).into());
        }
        if !self.send(event) {
            let place = place.map_or_else(String::new, |(file, line)| format!("{file}:{line}: "));
            eprintln!("[{node}] {level}: {place}{}", self.hidden((*message).to_owned()));
        }
    }
}
