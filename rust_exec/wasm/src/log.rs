//! A node's log: lines cleaned, floods cut and counted.

use std::sync::Arc;

use remotemedia_engine::{LogLevel, LogRecord, LogSink, NodeSpec};

/// A longer line of the log is cut.
pub(crate) const LINE: usize = 8192;
/// A longer name of a file is cut.
const FILE: usize = 200;

/// Silent until it is told whose log it is.
#[derive(Default)]
pub(crate) struct Log {
    owner: Option<Owner>,
    left: u64,
    cut: u64,
}

struct Owner {
    sink: Arc<dyn LogSink>,
    node: Box<str>,
    /// Bytes a call.
    budget: u64,
}

impl Log {
    /// Be the log of a node.
    pub(crate) fn serve(&mut self, spec: &NodeSpec) {
        self.left = spec.limits.log_bytes;
        self.owner = Some(Owner { sink: Arc::clone(&spec.log), node: (&*spec.id).into(), budget: self.left });
    }

    /// Write a message of the guest, each of its lines as one; with the author's file and line that wrote it.
    pub(crate) fn write(&mut self, level: LogLevel, message: &str, place: Option<(&str, u32)>) {
        let place = place.map(|(file, line)| (clean(&file[..file.floor_char_boundary(FILE)]), line));
        let place = place.as_ref().map(|(file, line)| (&**file, *line));
        for line in message.lines() {
            let kept = &line[..line.floor_char_boundary(LINE)];
            self.cut += (line.len() - kept.len()) as u64;
            let cost = kept.len() as u64 + 1;
            if cost > self.left {
                self.cut += cost;
                continue;
            }
            self.left -= cost;
            self.tell(level, &clean(kept), place);
        }
    }

    fn tell(&self, level: LogLevel, message: &str, place: Option<(&str, u32)>) {
        if let Some(Owner { sink, node, .. }) = &self.owner {
            sink.log(&LogRecord { node, level, message, place });
        }
    }

    /// A call is over: say what was cut, and let the next one write again.
    pub(crate) fn next_call(&mut self) {
        self.left = self.owner.as_ref().map_or(0, |it| it.budget);
        if self.cut > 0 {
            self.tell(LogLevel::Warning, &format!("{} bytes of log were cut", self.cut), None);
            self.cut = 0;
        }
    }
}

/// Escape sequences must not reach a terminal.
fn clean(text: &str) -> String {
    let printable = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(printable).collect()
}
