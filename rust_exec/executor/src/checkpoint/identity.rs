//! What must be the same for a run to go on.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use remotemedia_package::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::plan::Plan;

/// Bytes of the input's beginning whose digest is part of its identity.
const HEAD: u64 = 1 << 20;

/// A run, as far as its state depends on it. Limits and grants may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// The executor's version, on which the form of the states depends.
    executor: String,
    /// Digest of the package's OCI manifest.
    package: String,
    /// Digest of the runtime of every node, of all parameters that were set, of the seed, and of the form of the output.
    decisions: String,
    input: Option<InputIdentity>,
    output: PathBuf,
}

/// An input file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct InputIdentity {
    size: u64,
    /// Time of its last change, in nanoseconds since 1970.
    modified_ns: u64,
    /// Digest of its first MiB.
    head: String,
}

impl Identity {
    /// Of a run of this package; `runtimes` has the id and the runtime of every node.
    pub(crate) fn of(
        package: &str,
        plan: &Plan,
        runtimes: &[(String, String)],
        input: Option<&Path>,
        output: &Path,
    ) -> Result<Self, Failure> {
        let set: Value = plan.set.iter().map(|(name, value)| json!([name, value])).collect();
        let decisions = json!([runtimes, set, plan.seed, plan.packets]).to_string();
        Ok(Self {
            executor: env!("CARGO_PKG_VERSION").to_owned(),
            package: package.to_owned(),
            decisions: Digest::of(decisions.as_bytes()).to_string(),
            input: input.map(InputIdentity::of).transpose()?,
            output: output.to_owned(),
        })
    }

    /// Whether a run with that identity can go on as this one.
    pub(crate) fn expect(&self, other: &Self) -> Result<(), Failure> {
        let differs = |what: &str, got: &str, expected: &str| {
            let message = format!("the checkpoint is of another run: expected {what} {expected}, got {got}");
            Err(Failure::new("RM623", message).with_hint("run it with what it was begun with, or begin it anew"))
        };
        if self.package != other.package {
            return differs("package", &self.package, &other.package);
        }
        if self.executor != other.executor {
            return differs("executor", &self.executor, &other.executor);
        }
        if self.decisions != other.decisions {
            return differs("runtimes, parameters and seed", "others", "those it was begun with");
        }
        if self.output != other.output {
            let told = |it: &Path| format!("`{}`", it.display());
            return differs("output", &told(&self.output), &told(&other.output));
        }
        match (&self.input, &other.input) {
            (got, expected) if got == expected => Ok(()),
            (got, expected) => differs("an input", &told(got.as_ref()), &told(expected.as_ref())),
        }
    }
}

fn told(input: Option<&InputIdentity>) -> String {
    input.map_or_else(
        || "without a file".to_owned(),
        |it| format!("of {} bytes, changed {} ns after 1970, beginning {}", it.size, it.modified_ns, it.head),
    )
}

impl InputIdentity {
    fn of(path: &Path) -> Result<Self, Failure> {
        let unreadable =
            |e: std::io::Error| Failure::new("RM612", format!("input `{}` cannot be read: {e}", path.display()));
        let mut file = File::open(path).map_err(unreadable)?;
        let facts = file.metadata().map_err(unreadable)?;
        let since = facts.modified().map_err(unreadable)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut head = Vec::new();
        file.by_ref().take(HEAD).read_to_end(&mut head).map_err(unreadable)?;
        let modified_ns = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        Ok(Self { size: facts.len(), modified_ns, head: Digest::of(&head).to_string() })
    }
}
