//! What becomes of a run when a node fails.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::error::NodeError;

/// What becomes of a run when one of its nodes fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The run fails.
    #[default]
    Fail,
    /// The packet is passed over, and the node goes on with the next.
    Skip,
    /// The packet is passed over, and the node is made anew, so many times in a run; then the run fails.
    Restart(u32),
}

/// What was done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The packet was passed over.
    Skip,
    /// The node was made anew.
    Restart,
}

impl Action {
    /// `skip` or `restart`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Restart => "restart",
        }
    }
}

/// Is told of failures that did not end the run, on the thread of the node.
pub trait FailureSink: Send + Sync {
    /// A node failed, and this was done about it.
    fn handled(&self, action: Action, error: &NodeError);
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let times = || text.strip_prefix("restart:").and_then(|it| it.parse().ok());
        match text {
            "fail" => Ok(Self::Fail),
            "skip" => Ok(Self::Skip),
            _ => times()
                .map(Self::Restart)
                .ok_or_else(|| format!("expected `fail`, `skip` or `restart:N`, got `{text}`")),
        }
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
