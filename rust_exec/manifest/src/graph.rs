//! Order, fan-in and fan-out of a valid manifest.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::model::{Connection, Manifest, Node};

/// One edge between two nodes, by their index in the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Index of the node that gives.
    pub from: usize,
    /// Its output port.
    pub from_port: String,
    /// Index of the node that takes.
    pub to: usize,
    /// Its input port.
    pub to_port: String,
}

/// The nodes of a manifest as an acyclic graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Indices of the nodes, each after all it takes from; ties in the manifest's order.
    pub order: Vec<usize>,
    /// All edges, in the manifest's order.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// The graph of a manifest that [`Manifest::parse`] or [`Manifest::resolve`] gave.
    ///
    /// Of a manifest made otherwise, connections to ids that no node has are left out of `edges`, and the nodes of a
    /// cycle, with all behind them, out of `order`.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        Self::over(&manifest.nodes, &manifest.connections)
    }

    pub(crate) fn over(nodes: &[Node], connections: &[Connection]) -> Self {
        let index: HashMap<&str, usize> =
            nodes.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
        let edges: Vec<Edge> = connections
            .iter()
            .filter_map(|connection| {
                Some(Edge {
                    from: *index.get(connection.from.as_str())?,
                    from_port: connection.output().to_owned(),
                    to: *index.get(connection.to.as_str())?,
                    to_port: connection.input().to_owned(),
                })
            })
            .collect();
        Self { order: order(nodes.len(), &edges), edges }
    }

    /// One cycle, as indices of nodes from its first in the manifest's order, each giving to the next and the last to
    /// the first; none in an acyclic graph.
    pub(crate) fn cycle(&self, nodes: usize) -> Option<Vec<usize>> {
        let mut stuck = vec![true; nodes];
        for &node in &self.order {
            stuck[node] = false;
        }
        // Every node that is stuck takes from one that is stuck: walking backwards must come round.
        let mut giver = vec![None; nodes];
        for edge in self.edges.iter().filter(|edge| stuck[edge.from]) {
            giver[edge.to] = Some(edge.from);
        }
        let mut at = stuck.iter().position(|&stuck| stuck)?;
        let mut seen = vec![false; nodes];
        while !seen[at] {
            seen[at] = true;
            at = giver[at]?;
        }
        let last = at;
        let mut cycle = vec![last];
        while let Some(previous) = giver[at].filter(|&previous| previous != last) {
            cycle.push(previous);
            at = previous;
        }
        cycle.reverse();
        let first = cycle.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(position, _)| position);
        cycle.rotate_left(first);
        Some(cycle)
    }
}

/// Kahn's algorithm; of several nodes that could be next, the first in the manifest is.
fn order(nodes: usize, edges: &[Edge]) -> Vec<usize> {
    let mut waits = vec![0_usize; nodes];
    let mut takers = vec![Vec::new(); nodes];
    for edge in edges {
        waits[edge.to] += 1;
        takers[edge.from].push(edge.to);
    }
    let mut ready: BinaryHeap<_> = (0..nodes).filter(|&node| waits[node] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(nodes);
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node);
        for &taker in &takers[node] {
            waits[taker] -= 1;
            if waits[taker] == 0 {
                ready.push(Reverse(taker));
            }
        }
    }
    order
}
