//! What went wrong, as the engine's typed failure.

use remotemedia_engine::{EffectiveLimits, NodeFailure, Raised};
use wasmtime::Trap;
use wasmtime_wasi::I32Exit;

use crate::bindings::Failure;
use crate::instance::Abandoned;

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
    let Failure { kind, message, trace, code, hint } = failure;
    Raised { kind, message, trace, code, hint }.failure(stage == Stage::Make, limits)
}

/// The guest ended in a way it does not come back from.
pub(crate) fn ended(error: &wasmtime::Error, refused_memory: bool, limits: &EffectiveLimits) -> NodeFailure {
    let cause = error.root_cause().to_string();
    // Wasmtime has no public type for this error.
    if cause.contains("fuel allocated for hostcalls") {
        return too_much(limits);
    }
    if refused_memory {
        return NodeFailure::out_of_memory(limits).with_cause("Trap", cause, None);
    }
    let message = if let Some(exit) = error.downcast_ref::<I32Exit>() {
        format!("expected the node to return, got an exit of its program with status {}", exit.0)
    } else {
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => "the node nested its calls too deeply".to_owned(),
            Some(trap) => format!("the sandbox trapped: {trap}"),
            None => "the sandbox ended abnormally".to_owned(),
        }
    };
    NodeFailure::new("RM611", message).with_cause("Trap", cause, None)
}

/// The guest did not return in time, or the run stopped while it was called.
pub(crate) fn abandoned(why: Abandoned, limits: &EffectiveLimits) -> NodeFailure {
    match why {
        Abandoned::Late => {
            NodeFailure::new("RM603", format!("expected an answer within {:?}, got none", limits.timeout))
                .with_hint("give it more with `--timeout`, if you trust it to end")
        }
        Abandoned::Cancelled => NodeFailure::new("RM615", "the run was stopped while the node was at work"),
    }
}

/// The guest gave more bytes than it may.
pub(crate) fn too_much(limits: &EffectiveLimits) -> NodeFailure {
    NodeFailure::new("RM607", format!("expected at most {} bytes a call, got more", limits.output_bytes))
}
