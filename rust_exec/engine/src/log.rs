//! A node's log as it leaves its runtime: lines cleaned, floods cut and counted.

use std::sync::Arc;

use crate::node::{LogLevel, LogRecord, LogSink};

/// A longer name of a file is cut.
const FILE: usize = 200;

/// Hands what a node that is not trusted writes to the run's log.
///
/// A call may write so many bytes, with the names of files that lines come with; what exceeds them is let go, and told in one line when the call is over.
pub struct NodeLog {
    sink: Arc<dyn LogSink>,
    node: Box<str>,
    budget: u64,
    left: u64,
    cut: u64,
}

impl NodeLog {
    /// A longer line, in bytes, is cut.
    pub const LINE: usize = 8192;

    /// The log of a node that may write `budget` bytes a call.
    #[must_use]
    pub fn new(node: &str, budget: u64, sink: Arc<dyn LogSink>) -> Self {
        Self { sink, node: node.into(), budget, left: budget, cut: 0 }
    }

    /// Write a message of the node's, each of its lines as one; `place` is the author's file and line.
    pub fn write(&mut self, level: LogLevel, message: &str, place: Option<(&str, u32)>) {
        let place = place.map(|(file, line)| (clean(&file[..file.floor_char_boundary(FILE)]), line));
        for line in message.lines() {
            let kept = &line[..line.floor_char_boundary(Self::LINE)];
            self.cut += (line.len() - kept.len()) as u64;
            let cost = (kept.len() + 1 + place.as_ref().map_or(0, |(file, _)| file.len())) as u64;
            if cost > self.left {
                self.cut += cost;
                continue;
            }
            self.left -= cost;
            let place = place.as_ref().map(|(file, line)| (file.as_str(), *line));
            self.sink.log(&LogRecord { node: &self.node, level, message: &clean(kept), place });
        }
    }

    /// Write a warning of the host's own about the node.
    fn warn(&self, message: &str) {
        self.sink.log(&LogRecord { node: &self.node, level: LogLevel::Warning, message, place: None });
    }

    /// A call is over: say what was cut, and let the next one write again.
    pub fn next_call(&mut self) {
        self.left = self.budget;
        if self.cut > 0 {
            self.warn(&format!("{} bytes of log were cut", self.cut));
            self.cut = 0;
        }
    }
}

/// Escape sequences must not reach a terminal.
fn clean(text: &str) -> String {
    let shown = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::{Arc, Mutex};

    use super::NodeLog;
    use crate::node::{LogLevel, LogRecord, LogSink};

    #[derive(Default)]
    struct Kept(Mutex<Vec<String>>);

    impl LogSink for Kept {
        fn log(&self, record: &LogRecord<'_>) {
            let place = record.place.map_or_else(String::new, |(file, line)| format!("{file}:{line}: "));
            self.0.lock().unwrap().push(format!("{place}{}", record.message));
        }
    }

    #[test]
    fn a_place_counts() {
        let kept = Arc::new(Kept::default());
        let mut log = NodeLog::new("n", 16, Arc::clone(&kept) as _);
        log.write(LogLevel::Info, "a\nb", Some(("module.py", 3)));
        log.next_call();
        assert_eq!(kept.0.lock().unwrap().clone(), ["module.py:3: a", "11 bytes of log were cut"]);
    }

    #[test]
    fn lines_are_cleaned_and_a_flood_is_cut_and_told() {
        let kept = Arc::new(Kept::default());
        let mut log = NodeLog::new("n", 32, Arc::clone(&kept) as _);
        log.write(LogLevel::Info, "a\x1b[31mb\nc\td", Some(("m.py", 3)));
        log.write(LogLevel::Info, &"x".repeat(40), None);
        log.next_call();
        log.write(LogLevel::Info, "again", None);
        let lines = kept.0.lock().unwrap().clone();
        assert_eq!(lines, ["m.py:3: a\u{fffd}[31mb", "m.py:3: c d", "41 bytes of log were cut", "again"]);
    }
}
