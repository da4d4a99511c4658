//! What a caller decided about checkpoints, and what is refused.

use std::path::{Path, PathBuf};

use remotemedia_engine::Pace;
use serde::Deserialize;

use crate::checkpoint::absolute;
use crate::checkpoint::store::Store;
use crate::failure::Failure;

/// What a caller decided about checkpoints.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckpointPlan {
    /// Where they are.
    pub(crate) directory: PathBuf,
    /// Milliseconds from one to the next.
    #[serde(default = "every")]
    pub(crate) every_ms: u64,
    /// Whether to go on from the last one that is there.
    #[serde(default)]
    pub(crate) resume: bool,
}

fn every() -> u64 {
    5_000
}

/// A directory of checkpoints that this process owns.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) plan: CheckpointPlan,
    /// Where the run's packets go.
    pub(crate) output: PathBuf,
}

impl CheckpointPlan {
    /// Take possession of the directory, which is made where there is none.
    ///
    /// Refused are inputs that cannot be wound back (`RM625`) and outputs that cannot be shortened (`RM701`).
    pub(crate) fn open(&self, pace: Pace, input: Option<&Path>, output: Option<&Path>) -> Result<Opened, Failure> {
        if pace == Pace::Live {
            let message = "expected a run as fast as can be, got a live one, whose input cannot be wound back";
            return Err(Failure::new("RM625", message).with_hint("leave out `--live` or `--checkpoint`"));
        }
        let is_stream = |it: &Path| it.as_os_str() == "-" || it.metadata().is_ok_and(|it| !it.is_file());
        if let Some(input) = input.filter(|it| is_stream(it)) {
            let message = format!("expected an input that can be read again, got `{}`", input.display());
            let hint = "write what arrives into a file, and run with `--input FILE`";
            return Err(Failure::new("RM625", message).with_hint(hint));
        }
        let Some(output) = output.filter(|it| !is_stream(it)) else {
            let hint = "name it with `--output FILE`: what went to a pipe cannot be taken back";
            return Err(
                Failure::new("RM701", "expected an output file beside `--checkpoint`, got none").with_hint(hint)
            );
        };
        let store = Store::open(&self.directory, self.resume)?;
        Ok(Opened { store, plan: self.clone(), output: absolute(output) })
    }
}
