//! Ctrl-C and SIGTERM become a cancellation.

use remotemedia_engine::Cancel;

use crate::failure::Failure;

/// Cancel the run when this process is asked to end.
pub(crate) fn cancels(cancel: &Cancel) -> Result<(), Failure> {
    let cancel = cancel.clone();
    ctrlc::set_handler(move || cancel.cancel())
        .map_err(|e| Failure::new("RM701", format!("signals cannot be handled: {e}")))
}
