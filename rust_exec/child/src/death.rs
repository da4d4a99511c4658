//! What the end of a child means, as the engine's typed failure.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use remotemedia_engine::{EffectiveLimits, NodeFailure};

use crate::message::clean;
use crate::process::{Lost, Process};

/// Most bytes of a child's last words that are told.
const WORDS: usize = 2048;

/// End the child, and say why.
pub(crate) fn failure(lost: Lost, process: &mut Process, limits: &EffectiveLimits, within: Duration) -> NodeFailure {
    let status = match lost {
        Lost::Closed => process.exit(),
        _ => {
            process.kill();
            None
        }
    };
    let words = process.last_words();
    let told = match lost {
        Lost::Deadline => NodeFailure::new("RM603", format!("expected an answer within {within:?}, got none"))
            .with_hint("give it more with `--timeout`, if you trust it to end"),
        Lost::Cancelled => NodeFailure::new("RM615", "the run was interrupted"),
        Lost::Memory => NodeFailure::out_of_memory(limits),
        Lost::Threads { most, got } => {
            NodeFailure::new("RM604", format!("expected at most {most} threads of the node, got {got}"))
        }
        Lost::TooLong { most, got } => {
            NodeFailure::new("RM607", format!("expected a message of at most {most} bytes, got one of {got}"))
        }
        Lost::Malformed(what) => {
            NodeFailure::new("RM628", format!("expected a frame from the child process, got {what}"))
        }
        Lost::Closed => ended(status, &words, limits),
    };
    if words.trim().is_empty() {
        return told;
    }
    let start = words.ceil_char_boundary(words.len().saturating_sub(WORDS));
    told.with_cause("stderr", clean(&words[start..], WORDS).trim_end(), None)
}

fn ended(status: Option<ExitStatus>, words: &str, limits: &EffectiveLimits) -> NodeFailure {
    const CPU: i32 = 24;
    const SYSTEM_CALL: i32 = 31;
    if words.contains("memory allocation of")
        || words.contains("MemoryError")
        || words.contains("bad_alloc")
        || words.contains("out of memory")
    {
        return NodeFailure::out_of_memory(limits);
    }
    let unexpected = |what: String| NodeFailure::new("RM611", format!("expected the node to return, got {what}"));
    let Some(status) = status else {
        return unexpected("the end of its process's output".to_owned());
    };
    match (status.signal(), status.code()) {
        (Some(CPU), _) => NodeFailure::new("RM603", "the node used up its processor time"),
        (Some(SYSTEM_CALL), _) => {
            unexpected("the end of its process for a system call that it may not make".to_owned())
        }
        (Some(signal), _) => unexpected(format!("the end of its process by signal {signal}")),
        (None, code) => unexpected(format!("the end of its process with status {}", code.unwrap_or(-1))),
    }
}
