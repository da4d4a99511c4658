//! The ports of a node.

use remotemedia_manifest::{Manifest, table};

/// Names of the input and of the output ports of a manifest's node, by [`crate::PortId`].
///
/// A built-in node has those of the table. A class of the author's has those that connections name, in their order,
/// and by default `in` and `out`.
///
/// # Panics
///
/// If there is no node of this index.
#[must_use]
pub fn ports(manifest: &Manifest, index: usize) -> (Vec<String>, Vec<String>) {
    let node = &manifest.nodes[index];
    if let (None, Some(known)) = (&node.entry, table::node_type(&node.node_type)) {
        let names = |ports: &[table::Port]| ports.iter().map(|it| it.name.clone()).collect();
        return (names(&known.inputs), names(&known.outputs));
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
