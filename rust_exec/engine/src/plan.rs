//! Which nodes share a thread.

use remotemedia_manifest::{Graph, RuntimeKind};

/// The stages of a graph: nodes by their index in the manifest, in the order packets pass them.
///
/// A stage is a maximal linear run of nodes whose kinds fuse and of which none waits; every other node is a stage of
/// its own.
pub(crate) fn stages(graph: &Graph, kinds: &[RuntimeKind], waits: &[bool]) -> Vec<Vec<usize>> {
    let shared = |giver: usize, taker: usize| !waits[giver] && !waits[taker] && fuse(kinds[giver], kinds[taker]);
    let mut incoming = vec![Vec::new(); kinds.len()];
    let mut outgoing = vec![0_usize; kinds.len()];
    for edge in &graph.edges {
        incoming[edge.to].push(edge.from);
        outgoing[edge.from] += 1;
    }
    let mut stages: Vec<Vec<usize>> = Vec::new();
    let mut stage_of = vec![usize::MAX; kinds.len()];
    for &node in &graph.order {
        let stage = match incoming[node][..] {
            [giver] if outgoing[giver] == 1 && shared(giver, node) => stage_of[giver],
            _ => {
                stages.push(Vec::new());
                stages.len() - 1
            }
        };
        stages[stage].push(node);
        stage_of[node] = stage;
    }
    stages
}

/// Whether a call of one is so cheap, or so bound to the other's lock, that a queue between them costs more than it gains.
fn fuse(giver: RuntimeKind, taker: RuntimeKind) -> bool {
    giver == taker && matches!(taker, RuntimeKind::Native | RuntimeKind::Python)
}

#[cfg(test)]
mod tests {
    use RuntimeKind::{Native, Onnx, Python};
    use remotemedia_manifest::Edge;

    use super::*;

    fn graph(nodes: usize, edges: &[(usize, usize)]) -> Graph {
        let edge = |&(from, to): &(usize, usize)| Edge { from, from_port: "out".into(), to, to_port: "in".into() };
        Graph { order: (0..nodes).collect(), edges: edges.iter().map(edge).collect() }
    }

    #[test]
    fn runs_of_one_kind_are_fused() {
        let kinds = [Native, Native, Onnx, Onnx, Python, Python, Native];
        let line = graph(7, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]);
        assert_eq!(stages(&line, &kinds, &[false; 7]), [vec![0, 1], vec![2], vec![3], vec![4, 5], vec![6]]);
    }

    #[test]
    fn a_node_that_waits_is_alone() {
        let line = graph(5, &[(0, 1), (1, 2), (2, 3), (3, 4)]);
        let waits = [false, false, true, false, false];
        assert_eq!(stages(&line, &[Python; 5], &waits), [vec![0, 1], vec![2], vec![3, 4]]);
    }

    #[test]
    fn fan_out_and_fan_in_part_stages() {
        let diamond = graph(5, &[(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)]);
        assert_eq!(stages(&diamond, &[Native; 5], &[false; 5]), [vec![0, 1], vec![2], vec![3], vec![4]]);
    }

    #[test]
    fn two_edges_between_two_nodes_are_fan_out() {
        let twice = graph(2, &[(0, 1), (0, 1)]);
        assert_eq!(stages(&twice, &[Native; 2], &[false; 2]), [vec![0], vec![1]]);
    }
}
