//! What a caller decided about nodes, input and output (`schemas/plan.v1.schema.json`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use remotemedia_manifest::{Limits, RuntimeKind};
use serde::Deserialize;
use serde_json::Value;

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
    /// Seed of the nodes' random numbers.
    #[serde(default)]
    pub(crate) seed: u64,
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
    /// What it is granted.
    #[serde(default)]
    pub(crate) grants: Vec<String>,
}

impl Plan {
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
