//! Which native nodes there are.

use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::RuntimeKind;

use crate::{mix, resample, source, window};

type Make = fn(&NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure>;

/// Class name and constructor of every node.
const NODES: &[(&str, Make)] = &[
    ("AudioSource", source::make),
    ("AudioMixNode", mix::make),
    ("AudioResampleNode", resample::make),
    ("AudioWindowNode", window::make),
];

/// Makes the nodes that are written in Rust.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeRuntime;

impl NodeRuntime for NativeRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Native
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        match NODES.iter().find(|(name, _)| *name == spec.node_type) {
            Some((_, make)) => make(spec),
            None => {
                let names: Vec<&str> = NODES.iter().map(|(name, _)| *name).collect();
                let message = format!("expected a native node ({}), got `{}`", names.join(", "), spec.node_type);
                Err(NodeFailure::new("RM610", message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use remotemedia_manifest::table;

    use super::*;

    #[test]
    fn the_registry_and_the_table_have_the_same_nodes() {
        let native = table::node_types().iter().filter(|it| it.kinds.contains(&RuntimeKind::Native));
        let mut of_table: Vec<&str> = native.map(|it| it.name.as_str()).collect();
        let mut registered: Vec<&str> = NODES.iter().map(|(name, _)| *name).collect();
        of_table.sort_unstable();
        registered.sort_unstable();
        assert_eq!(registered, of_table);
    }
}
