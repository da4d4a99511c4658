//! What a manifest says of a node, as its runtime is told it.

use std::collections::BTreeSet;
use std::sync::Arc;

use remotemedia_manifest::{Manifest, Node, collect_data, table};
use serde_json::{Map, Value, json};

use crate::cancel::Cancel;
use crate::error::NodeFailure;
use crate::node::{EffectiveLimits, FileSource, LogSink, NodeSpec};

impl NodeSpec {
    /// A node of a resolved manifest, with default limits, without grants and with seed 0, in a run with an input.
    ///
    /// A built-in node has the ports of the table, or those that its parameters name. A class of the author's has those that connections name, in their
    /// order, and `in` and `out`.
    #[must_use]
    pub fn of(manifest: &Manifest, node: &Node, files: Arc<dyn FileSource>, log: Arc<dyn LogSink>) -> Self {
        let (inputs, outputs) = ports(manifest, node);
        Self {
            id: node.id.clone(),
            node_type: node.node_type.clone(),
            entry: node.entry.clone(),
            params: node.params.clone(),
            inputs,
            outputs,
            fed: true,
            files,
            limits: EffectiveLimits::default(),
            grants: Vec::new(),
            seed: 0,
            log,
            cancel: Cancel::new(),
        }
    }

    /// What a sandboxed node is told when it is made: `config` of `init` in `schemas/node.wit`, with these parameters.
    #[must_use]
    pub fn config(&self, params: &Map<String, Value>) -> String {
        json!({
            "id": self.id,
            "params": params,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "fed": self.fed,
            "seed": self.seed,
        })
        .to_string()
    }

    /// The arrays that the parameters name: path and npy file.
    ///
    /// # Errors
    ///
    /// As [`FileSource::read`].
    pub fn arrays(&self) -> Result<Vec<(String, Vec<u8>)>, NodeFailure> {
        let mut paths = BTreeSet::new();
        self.params.values().for_each(|value| collect_data(value, &mut paths));
        paths.into_iter().map(|path| Ok((path.to_owned(), self.files.read(path)?))).collect()
    }
}

/// Names of the input and of the output ports, by [`crate::PortId`].
fn ports(manifest: &Manifest, node: &Node) -> (Vec<String>, Vec<String>) {
    if let Some(known) = node.built_in() {
        let names = |side| {
            let ports = known.ports(side, &node.params);
            ports.iter().flat_map(|it| it.iter()).map(|it| it.name.clone()).collect()
        };
        return (names(table::Side::Inputs), names(table::Side::Outputs));
    }
    let taken = manifest.connections.iter().filter(|it| it.to == node.id).map(|it| it.to_port.as_deref());
    let given = manifest.connections.iter().filter(|it| it.from == node.id).map(|it| it.from_port.as_deref());
    (named(taken, "in"), named(given, "out"))
}

fn named<'a>(ports: impl Iterator<Item = Option<&'a str>>, default: &'a str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in ports.map(|it| it.unwrap_or(default)).chain([default]) {
        if !names.iter().any(|it| it == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use remotemedia_manifest::Manifest;
    use serde_json::json;

    use super::ports;

    #[test]
    fn a_class_has_the_ports_that_are_connected_and_the_default_ones() {
        let manifest = json!({
            "version": "v1",
            "metadata": {"name": "ports"},
            "nodes": [
                {"id": "a", "node_type": "A", "entry": "m:A"},
                {"id": "b", "node_type": "B", "entry": "m:B"},
                {"id": "w", "node_type": "AudioWindowNode"},
            ],
            "connections": [
                {"from": "a", "to": "b", "from_port": "left", "to_port": "x"},
                {"from": "a", "to": "b"},
                {"from": "a", "to": "w", "from_port": "left"},
            ],
        });
        let (manifest, _) = Manifest::parse(manifest.to_string().as_bytes()).unwrap();
        let names = |index: usize| ports(&manifest, &manifest.nodes[index]);
        assert_eq!(names(0), (vec!["in".to_owned()], vec!["left".to_owned(), "out".to_owned()]));
        assert_eq!(names(1), (vec!["x".to_owned(), "in".to_owned()], vec!["out".to_owned()]));
        assert_eq!(names(2), (vec!["in".to_owned()], vec!["out".to_owned()]));
    }
}
