//! What is asked of a run while it goes on: by its control stream, and by Ctrl-C and SIGTERM.
//!
//! A line of the control stream is `{"set": {"NODE.PARAM": VALUE}}` or `{"stop": "drain"|"now"}`; every setting is answered
//! by an event `set`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{Builder, sleep};
use std::time::Duration;

use remotemedia_engine::{Cancel, Control};
use serde::Deserialize;
use serde_json::Value;

use crate::events::Events;
use crate::failure::Failure;

/// How long what is under way may take to reach the output, before the run is stopped.
const DRAIN: Duration = Duration::from_secs(5);

/// How long the nodes of a stopped run may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// How long what is written to a control file may go unnoticed.
const ATTENTION: Duration = Duration::from_millis(50);

/// Longest line of a control stream, in bytes.
const MAX_LINE: u64 = 1 << 20;

/// The control stream, opened before the process is confined.
pub(crate) struct Stream(Option<BufReader<File>>);

impl Stream {
    /// By a descriptor that the caller opened and this process inherited.
    pub(crate) fn open(descriptor: Option<RawFd>) -> Result<Self, Failure> {
        let Some(descriptor) = descriptor else { return Ok(Self(None)) };
        let file = File::open(format!("/dev/fd/{descriptor}")).map_err(|error| {
            let message = format!("expected a descriptor for `--control-fd`, got `{descriptor}`: {error}");
            Failure::new("RM701", message)
        })?;
        Ok(Self(Some(BufReader::new(file))))
    }
}

/// Steers one run.
#[derive(Clone)]
pub(crate) struct Steering {
    control: Control,
    cancel: Cancel,
    events: Arc<Events>,
    /// How often the user asked the run to end.
    interrupts: Arc<AtomicU32>,
}

/// One line of a control stream.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Line {
    Set(BTreeMap<String, Value>),
    Stop(Stop),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stop {
    Drain,
    Now,
}

impl Steering {
    /// Listen to signals from now on.
    pub(crate) fn begin(cancel: &Cancel, control: Control, events: &Arc<Events>) -> Result<Self, Failure> {
        let steering = Self { control, cancel: cancel.clone(), events: Arc::clone(events), interrupts: Arc::default() };
        let of_signals = steering.clone();
        ctrlc::set_handler(move || of_signals.interrupt())
            .map_err(|e| Failure::new("RM701", format!("signals cannot be handled: {e}")))?;
        Ok(steering)
    }

    /// Follow the control stream on a thread of its own, until its end or the process's.
    pub(crate) fn follow(&self, stream: Stream) -> Result<(), Failure> {
        let Some(mut lines) = stream.0 else { return Ok(()) };
        let steering = self.clone();
        // A file may grow; of anything else the end is the end.
        let grows = lines.get_ref().metadata().is_ok_and(|it| it.is_file());
        let follow = move || {
            let mut line = String::new();
            while let Ok(read) = lines.by_ref().take(MAX_LINE).read_line(&mut line) {
                if grows && !line.ends_with('\n') && (line.len() as u64) < MAX_LINE {
                    sleep(ATTENTION);
                    continue;
                }
                if read == 0 {
                    break;
                }
                if !line.trim().is_empty() {
                    steering.obey(line.trim());
                }
                line.clear();
            }
        };
        let thread = Builder::new().name("control".to_owned()).spawn(follow);
        thread.map(drop).map_err(|e| Failure::new("RM613", format!("expected a thread for `--control-fd`, got: {e}")))
    }

    /// The failure of a run that its user ended, however well it ended.
    pub(crate) fn interrupted(&self) -> Option<Failure> {
        let message = "the run was interrupted; what was under way has reached the output";
        (self.interrupts.load(Ordering::Relaxed) > 0).then(|| Failure::new("RM615", message))
    }

    fn obey(&self, line: &str) {
        match serde_json::from_str(line) {
            Ok(Line::Set(settings)) => settings.into_iter().for_each(|(name, value)| self.set(&name, value)),
            Ok(Line::Stop(Stop::Drain)) => self.control.drain(),
            Ok(Line::Stop(Stop::Now)) => self.stop(),
            Err(error) => {
                let expected = r#"expected `{"set": {"NODE.PARAM": VALUE}}` or `{"stop": "drain"|"now"}`"#;
                self.events.notice(&format!("a control line was passed over: {expected}, got: {error}"));
            }
        }
    }

    fn set(&self, name: &str, value: Value) {
        let events = Arc::clone(&self.events);
        let Some((node, param)) = name.rsplit_once('.') else {
            let failure = Failure::new("RM211", format!("expected `NODE.PARAM`, got `{name}`"));
            return events.set("", name, Err(failure));
        };
        let names = (node.to_owned(), param.to_owned());
        self.control.set_then(node, param, value, move |done| {
            events.set(&names.0, &names.1, done.map_err(Failure::from));
        });
    }

    /// The first time let what is under way come to its end, for a while; the second time stop.
    fn interrupt(&self) {
        if self.interrupts.fetch_add(1, Ordering::Relaxed) > 0 {
            self.events.notice("interrupted again: the run stops at once");
            return self.stop();
        }
        self.events.notice("interrupted: what is under way goes on to the output; interrupt again to stop at once");
        self.control.drain();
        let steering = self.clone();
        std::thread::spawn(move || {
            sleep(DRAIN);
            let seconds = DRAIN.as_secs();
            steering.events.notice(&format!("interrupted {seconds} s ago: the run stops at once"));
            steering.stop();
        });
    }

    /// Stop the run; end this process all the same if a node does not return.
    fn stop(&self) {
        self.cancel.cancel();
        let events = Arc::clone(&self.events);
        std::thread::spawn(move || {
            sleep(GRACE);
            let failure = Failure::new("RM615", "the run was interrupted, while a node was still busy");
            events.failure(&failure);
            std::process::exit(failure.exit_status().into());
        });
    }
}
