//! Python nodes in a row as one node of the engine: which they are, and how the engine's report and failures become theirs again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use remotemedia_engine::{EdgeReport, NodeCounts, NodeReport, Report};
use remotemedia_manifest::{Connection, Manifest, RuntimeKind};

/// A graph whose lines are one node each, under the name of the first.
pub(crate) struct Lines {
    /// As the author wrote it.
    whole: Manifest,
    /// As the engine runs it.
    pub(crate) manifest: Manifest,
    /// The nodes of each line, by the name of the first.
    lines: HashMap<String, Vec<String>>,
    counts: HashMap<String, Arc<NodeCounts>>,
    forms: HashMap<String, String>,
}

/// The form of coroutine functions; one that stands alone is no line.
pub(crate) const COROUTINE: &str = "coroutine";

/// Where in a line a failure is to be sought.
#[derive(Clone, Debug)]
pub(crate) struct Blame {
    pub(crate) call: &'static str,
    /// The number of the value that the node was given, and the value.
    pub(crate) seq: Option<u64>,
    pub(crate) input: Option<String>,
}

impl Lines {
    /// Find the lines of a graph. Nodes of the same form may stand in one line; one without a form stands in none.
    pub(crate) fn new(whole: Manifest, forms: HashMap<String, String>) -> Self {
        let next = joined(&whole, &forms);
        let behind: HashSet<&String> = next.values().collect();
        let heads = whole.nodes.iter().map(|it| &it.id).filter(|id| forms.contains_key(*id) && !behind.contains(id));
        let line = |head: &String| std::iter::successors(Some(head), |id| next.get(*id)).cloned().collect();
        let mut lines: HashMap<String, Vec<String>> = heads.map(|head| (head.clone(), line(head))).collect();
        lines.retain(|head, members| members.len() > 1 || forms.get(head).is_none_or(|it| it != COROUTINE));
        let counts = lines.values().flatten().map(|id| (id.clone(), Arc::default())).collect();
        let manifest = contracted(&whole, &lines);
        Self { whole, manifest, lines, counts, forms }
    }

    /// The nodes that the engine's node of that name stands for, with their counts.
    pub(crate) fn members(&self, id: &str) -> Option<Vec<(String, Arc<NodeCounts>)>> {
        let members = self.lines.get(id)?;
        members.iter().map(|id| Some((id.clone(), Arc::clone(self.counts.get(id)?)))).collect()
    }

    /// What the nodes of the line of that name are called as; `None` of what is no line.
    pub(crate) fn form(&self, id: &str) -> Option<&str> {
        self.forms.get(id).filter(|_| self.lines.contains_key(id)).map(String::as_str)
    }

    /// Whether the whole graph is one line.
    pub(crate) fn is_one(&self) -> bool {
        matches!(&self.manifest.nodes[..], [single] if self.lines.contains_key(&single.id))
    }

    /// The engine's report with every node and edge of the whole graph.
    pub(crate) fn report(&self, report: Report) -> Report {
        let Report { nodes, edges, .. } = &report;
        let run: HashMap<&str, &NodeReport> = nodes.iter().map(|it| (it.id.as_str(), it)).collect();
        let whole = self.whole.nodes.iter().filter_map(|node| match self.counts.get(&node.id) {
            Some(counts) => Some(counts.report(&node.id, RuntimeKind::Python)),
            None => run.get(node.id.as_str()).map(|it| (*it).clone()),
        });
        let mut whole: Vec<NodeReport> = whole.collect();
        for (head, members) in &self.lines {
            let Some(of_line) = run.get(head.as_str()) else { continue };
            for node in &mut whole {
                node.bytes_in += if node.id == *head { of_line.bytes_in } else { 0 };
                node.bytes_out += if members.last() == Some(&node.id) { of_line.bytes_out } else { 0 };
            }
        }
        let mut between = edges.iter();
        let wires = self.whole.connections.iter().filter_map(|wire| {
            if self.is_inside(wire) { Some(self.inside(wire)) } else { between.next().map(|it| named(it, wire)) }
        });
        Report { edges: wires.collect(), nodes: whole, ..report }
    }

    /// Whether both ends belong to one line.
    fn is_inside(&self, wire: &Connection) -> bool {
        self.lines.values().any(|it| it.windows(2).any(|pair| pair[0] == wire.from && pair[1] == wire.to))
    }

    fn inside(&self, wire: &Connection) -> EdgeReport {
        let packets = self.counts.get(&wire.to).map_or(0, |it| it.taken());
        let nowhere = EdgeReport {
            from: String::new(),
            from_port: String::new(),
            to: String::new(),
            to_port: String::new(),
            fused: true,
            packets,
            bytes: 0,
            depth: 0,
            high_water: 0,
            dropped: 0,
        };
        named(&nowhere, wire)
    }
}

/// An edge's counts under the names of its ends.
fn named(counts: &EdgeReport, wire: &Connection) -> EdgeReport {
    EdgeReport {
        from: wire.from.clone(),
        from_port: wire.output().to_owned(),
        to: wire.to.clone(),
        to_port: wire.input().to_owned(),
        ..counts.clone()
    }
}

/// The next node of a line, by the one before it: the only one that takes what the other gives, and takes nothing else.
fn joined(manifest: &Manifest, forms: &HashMap<String, String>) -> HashMap<String, String> {
    let alone = |node: &str, end: fn(&Connection) -> &String| {
        manifest.connections.iter().filter(|it| end(it) == node).take(2).count() == 1
    };
    let wires = manifest.connections.iter().filter(|it| {
        let same = forms.get(&it.from).is_some_and(|form| forms.get(&it.to) == Some(form));
        let by_default = it.output() == "out" && it.input() == "in";
        same && by_default && alone(&it.from, |it| &it.from) && alone(&it.to, |it| &it.to)
    });
    wires.map(|it| (it.from.clone(), it.to.clone())).collect()
}

/// The graph with only the first node of every line.
fn contracted(whole: &Manifest, lines: &HashMap<String, Vec<String>>) -> Manifest {
    let mut manifest = whole.clone();
    let line_of: HashMap<&str, &String> =
        lines.iter().flat_map(|(head, members)| members.iter().map(move |id| (id.as_str(), head))).collect();
    manifest.nodes.retain(|it| line_of.get(it.id.as_str()).is_none_or(|head| **head == it.id));
    manifest.connections.retain(|it| {
        let (from, to) = (line_of.get(it.from.as_str()), line_of.get(it.to.as_str()));
        from.is_none() || from != to
    });
    for wire in &mut manifest.connections {
        if let Some(head) = line_of.get(wire.from.as_str()) {
            wire.from = (*head).clone();
        }
    }
    manifest
}
