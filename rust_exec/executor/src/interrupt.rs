//! Ctrl-C and SIGTERM become a cancellation.

use std::sync::Arc;
use std::time::Duration;

use remotemedia_engine::Cancel;

use crate::events::Events;
use crate::failure::Failure;

/// How long the nodes of an interrupted run may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// Cancel the run when this process is asked to end; end it all the same if a node does not return.
pub(crate) fn cancels(cancel: &Cancel, events: &Arc<Events>) -> Result<(), Failure> {
    let (cancel, events) = (cancel.clone(), Arc::clone(events));
    let handle = move || {
        cancel.cancel();
        let events = Arc::clone(&events);
        std::thread::spawn(move || {
            std::thread::sleep(GRACE);
            let failure = Failure::new("RM615", "the run was interrupted, while a node was still busy");
            events.failure(&failure);
            std::process::exit(failure.exit_status().into());
        });
    };
    ctrlc::set_handler(handle).map_err(|e| Failure::new("RM701", format!("signals cannot be handled: {e}")))
}
