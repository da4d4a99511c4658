//! What went wrong, as the engine's typed failure.

use std::time::Duration;

use remotemedia_engine::{EffectiveLimits, NodeFailure};
use wasmtime::Trap;
use wasmtime_wasi::I32Exit;

use crate::bindings::Failure;

/// Longest part of an exception's message that stands in the failure's own; the cause has all of it.
const MESSAGE: usize = 300;

/// Which of the guest's calls failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Loading its code or making it.
    Make,
    /// Any call after that.
    Run,
}

/// The node raised an exception.
pub(crate) fn raised(stage: Stage, failure: &Failure, limits: &EffectiveLimits) -> NodeFailure {
    let (kind, message, trace) = (clean(&failure.kind), clean(&failure.message), clean(&failure.trace));
    let first: String = message.lines().next().unwrap_or_default().chars().take(MESSAGE).collect();
    let told = match (kind.as_str(), stage) {
        ("MemoryError", _) => out_of_memory(limits),
        ("UnsupportedValueError", _) => NodeFailure::new("RM605", first),
        (_, Stage::Make) => NodeFailure::new("RM601", format!("the node cannot be made: {kind}: {first}")),
        (_, Stage::Run) => NodeFailure::new("RM602", format!("the node raised {kind}: {first}")),
    };
    told.with_cause(kind, message, (!trace.is_empty()).then_some(trace))
}

/// Take out what would move a terminal's cursor; lines stay lines.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// The guest ended in a way it does not come back from.
pub(crate) fn ended(error: &wasmtime::Error, refused_memory: bool, limits: &EffectiveLimits) -> NodeFailure {
    let cause = error.root_cause().to_string();
    // Wasmtime has no public type for this error.
    if cause.contains("fuel allocated for hostcalls") {
        return NodeFailure::new("RM607", format!("expected at most {} bytes a call, got more", limits.output_bytes));
    }
    if refused_memory {
        return out_of_memory(limits).with_cause("Trap", cause, None);
    }
    let message = if let Some(exit) = error.downcast_ref::<I32Exit>() {
        format!("expected the node to return, got an exit of the interpreter with status {}", exit.0)
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => "the node nested its calls too deeply".to_owned(),
            Some(trap) => format!("the sandbox trapped: {trap}"),
            None => "the sandbox ended abnormally".to_owned(),
        }
    };
    NodeFailure::new("RM611", message).with_cause("Trap", cause, None)
}

/// The guest did not return in time.
pub(crate) fn timed_out(limit: Duration) -> NodeFailure {
    NodeFailure::new("RM603", format!("expected an answer within {limit:?}, got none"))
        .with_hint("give it more with `--timeout`, if you trust it to end")
}

fn out_of_memory(limits: &EffectiveLimits) -> NodeFailure {
    NodeFailure::new("RM604", format!("expected at most {} MiB of memory, got a request for more", limits.memory >> 20))
        .with_hint("give it more with `--memory`")
}
