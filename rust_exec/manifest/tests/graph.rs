//! Order and cycles of graphs, up to sizes that would overflow a recursive walk.

use proptest::prelude::*;
use remotemedia_manifest::{Graph, Manifest, ManifestError};
use serde_json::json;

fn manifest(nodes: usize, edges: &[(usize, usize)]) -> Result<Manifest, ManifestError> {
    let nodes: Vec<_> =
        (0..nodes).map(|node| json!({"id": format!("n{node}"), "node_type": "N", "entry": "m:N"})).collect();
    let connections: Vec<_> =
        edges.iter().map(|(from, to)| json!({"from": format!("n{from}"), "to": format!("n{to}")})).collect();
    let value = json!({"version": "v1", "metadata": {"name": "graph"}, "nodes": nodes, "connections": connections});
    Manifest::parse(value.to_string().as_bytes()).map(|(manifest, _)| manifest)
}

fn order(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    Graph::of(&manifest(nodes, edges).expect("an acyclic graph")).order
}

#[test]
fn ties_are_in_the_manifests_order() {
    assert_eq!(order(4, &[]), [0, 1, 2, 3]);
    assert_eq!(order(4, &[(3, 1), (3, 2), (1, 0), (2, 0)]), [3, 1, 2, 0]);
}

#[test]
fn edges_keep_order_and_ports() {
    let text = br#"{"version": "v1", "metadata": {"name": "ports"},
        "nodes": [{"id": "a", "node_type": "N", "entry": "m:N"}, {"id": "b", "node_type": "N", "entry": "m:N"}],
        "connections": [{"from": "a", "to": "b", "from_port": "left", "to_port": "x"}, {"from": "a", "to": "b"}]}"#;
    let (manifest, _) = Manifest::parse(text).expect("a valid manifest");
    let ports: Vec<_> =
        Graph::of(&manifest).edges.into_iter().map(|edge| (edge.from, edge.from_port, edge.to, edge.to_port)).collect();
    assert_eq!(ports, [(0, "left".into(), 1, "x".into()), (0, "out".into(), 1, "in".into())]);
}

#[test]
fn a_long_chain_does_not_overflow_the_stack() {
    let nodes = 10_000;
    let mut edges: Vec<_> = (1..nodes).map(|node| (node, node - 1)).collect();
    assert_eq!(order(nodes, &edges), (0..nodes).rev().collect::<Vec<_>>());
    edges.push((0, nodes - 1));
    let error = manifest(nodes, &edges).expect_err("a cycle");
    assert_eq!(error.code, "RM210");
    assert!(error.message.contains("n0 -> n9999 -> n9998") && error.message.ends_with("… -> n0`"), "{error}");
}

proptest! {
    /// Edges from lower to higher numbers, under any renaming, are acyclic; each node comes after all it takes from.
    #[test]
    fn acyclic_graphs_are_ordered(
        names in Just((0..20_usize).collect::<Vec<_>>()).prop_shuffle(),
        pairs in prop::collection::vec((0..20_usize, 0..20_usize), 0..60),
    ) {
        let edges: Vec<_> =
            pairs.iter().filter(|(a, b)| a != b).map(|&(a, b)| (names[a.min(b)], names[a.max(b)])).collect();
        let order = order(20, &edges);
        let position = |node: usize| order.iter().position(|&other| other == node).expect("every node");
        prop_assert_eq!(order.len(), 20);
        for &(from, to) in &edges {
            prop_assert!(position(from) < position(to));
        }
    }

    /// Whatever else the graph has, the cycle that is named is one.
    #[test]
    fn named_cycles_are_cycles(pairs in prop::collection::vec((0..8_usize, 0..8_usize), 1..30)) {
        if let Err(error) = manifest(8, &pairs) {
            prop_assert_eq!(error.code, "RM210");
            let shown = error.message.split('`').nth(1).expect("a literal").to_owned();
            let cycle: Vec<usize> = shown.split(" -> ").map(|id| id[1..].parse().expect("a number")).collect();
            prop_assert_eq!(cycle.first(), cycle.last());
            for step in cycle.windows(2) {
                prop_assert!(pairs.contains(&(step[0], step[1])), "{} is no edge of {:?}", shown, pairs);
            }
        }
    }
}
