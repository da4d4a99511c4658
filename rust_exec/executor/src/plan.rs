//! What a caller decided about nodes, input and output (`schemas/plan.v1.schema.json`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use remotemedia_engine::{Pace, Policy};
use remotemedia_manifest::{Limits, RuntimeKind};
use serde::Deserialize;
use serde_json::Value;

use crate::checkpoint::CheckpointPlan;
use crate::failure::Failure;

/// Largest plan that is read, in bytes.
const MAX_PLAN: u64 = 16 << 20;

/// One run's decisions.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Always 1.
    #[serde(default)]
    pub(crate) version: u32,
    /// Decisions about single nodes, by id.
    #[serde(default)]
    pub(crate) nodes: BTreeMap<String, NodePlan>,
    /// Values of parameters: `NAME` of a declared parameter, or `NODE.PARAM`.
    #[serde(default)]
    pub(crate) set: BTreeMap<String, Value>,
    /// As `--input`.
    #[serde(default)]
    pub(crate) input: Option<PathBuf>,
    /// As `--output`.
    #[serde(default)]
    pub(crate) output: Option<PathBuf>,
    /// Whether output lines carry the packet's times besides its value.
    #[serde(default)]
    pub(crate) packets: bool,
    /// Whether input lines do.
    #[serde(default)]
    pub(crate) input_packets: bool,
    /// Whether packets are taken as fast as can be, or at their times.
    #[serde(default)]
    pub(crate) pace: Pace,
    /// Seed of the nodes' random numbers.
    #[serde(default)]
    pub(crate) seed: u64,
    /// Whether the package's signer is trusted: its models then run in this process.
    #[serde(default)]
    pub(crate) signer_trusted: bool,
    /// How often to tell what was counted so far, in milliseconds; never where absent.
    #[serde(default)]
    pub(crate) metrics_interval_ms: Option<u64>,
    /// Whether to tell, at the end, what a picture of the run needs of its packets.
    #[serde(default)]
    pub(crate) probe: bool,
    /// Where the run notes how far it is, so that it can go on after it was killed.
    #[serde(default)]
    pub(crate) checkpoint: Option<CheckpointPlan>,
}

/// One node's decisions.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodePlan {
    /// The runtime it gets.
    #[serde(default)]
    pub(crate) runtime: Option<RuntimeKind>,
    /// The host's bounds; the package's own can only be lower.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// What becomes of the run when it fails.
    #[serde(default)]
    pub(crate) on_error: Policy,
    /// What it is granted.
    #[serde(default)]
    pub(crate) grants: Vec<String>,
    /// Where the runtime `python` finds an interpreter and its libraries.
    #[serde(default)]
    pub(crate) python: Option<PythonPlan>,
    /// In how many processes at once the node runs, in the runtime `python`; one where absent.
    #[serde(default)]
    pub(crate) workers: Option<usize>,
    /// The package that the node is.
    #[serde(default)]
    pub(crate) pipeline: Option<PackagePlan>,
}

/// A package as a node. What is decided about its nodes stands in the plan by their ids `NODE/ID`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackagePlan {
    /// An OCI image layout: a directory, or a `.rmpkg` file.
    pub(crate) package: PathBuf,
    /// Digest of the package's OCI manifest.
    pub(crate) digest: String,
    /// Whether its signer is trusted.
    #[serde(default)]
    pub(crate) signer_trusted: bool,
    /// The one node of it that runs; all of them where absent.
    #[serde(default)]
    pub(crate) node: Option<String>,
}

/// The Python of one node.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PythonPlan {
    /// The program.
    pub(crate) interpreter: PathBuf,
    /// Directories that modules are imported from, in their order, before the standard library's.
    #[serde(default)]
    pub(crate) path: Vec<PathBuf>,
    /// Further files and directories that it has to read, such as those that links in `path` lead to.
    #[serde(default)]
    pub(crate) read: Vec<PathBuf>,
}

impl Plan {
    /// The packages that nodes are.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &PackagePlan> {
        self.nodes.values().filter_map(|it| it.pipeline.as_ref())
    }

    /// Read a plan file; without one, nothing was decided.
    pub(crate) fn read(path: Option<&PathBuf>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::default()) };
        let unusable = |why: String| Failure::new("RM701", format!("plan `{}` cannot be used: {why}", path.display()));
        let size = std::fs::metadata(path).map_err(|e| unusable(e.to_string()))?.len();
        if size > MAX_PLAN {
            return Err(unusable(format!("expected at most {MAX_PLAN} bytes, got {size}")));
        }
        let text = std::fs::read(path).map_err(|e| unusable(e.to_string()))?;
        let plan: Self = serde_json::from_slice(&text).map_err(|e| unusable(e.to_string()))?;
        if plan.version == 1 { Ok(plan) } else { Err(unusable(format!("expected version 1, got {}", plan.version))) }
    }
}
