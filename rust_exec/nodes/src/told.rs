//! What a node says of itself beside its results.

use remotemedia_engine::{NodeFailure, NodeSpec};
use remotemedia_manifest::table::{self, COMMON_PARAMS};
use remotemedia_packet::{Body, Json, Packet, Value};

use crate::values::{failure, text};

/// `processed_by` and `node_config` of a node's results, as its class gives them.
pub(crate) struct Told([(Value, Value); 2]);

impl Told {
    pub(crate) fn of(spec: &NodeSpec) -> Result<Self, NodeFailure> {
        let name = spec.params.get("name").and_then(|it| it.as_str()).unwrap_or(&spec.node_type);
        let known = table::node_type(&spec.node_type);
        let is_config =
            |param: &str| !COMMON_PARAMS.contains(&param) && known.is_none_or(|it| it.param(param).is_none());
        let config: serde_json::Map<_, _> =
            spec.params.iter().filter(|(it, _)| is_config(it)).map(|(name, it)| (name.clone(), it.clone())).collect();
        let text_of_config = serde_json::Value::from(config).to_string();
        let body = Body::Json(Json { text: text_of_config.into(), data: bytes::Bytes::new() });
        let config = Value::of(&Packet::new(body)).map_err(failure)?;
        let by = Value::Text(format!("{}[{name}]", spec.node_type));
        Ok(Self([(text("processed_by"), by), (text("node_config"), config)]))
    }

    /// The results, with what is said of the node behind them.
    pub(crate) fn behind(&self, results: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        let results = results.into_iter().map(|(name, it)| (text(name), it));
        Value::Dict(results.chain(self.0.iter().cloned()).collect())
    }
}
