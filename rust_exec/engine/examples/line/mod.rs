//! A line of native nodes that pass packets on, for the benchmarks.
#![allow(dead_code, clippy::unwrap_used, reason = "a part of programs for benchmarks; each uses what it needs")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use remotemedia_engine::{
    FileSource, LogRecord, LogSink, More, NodeFailure, NodeInstance, NodeParts, NodeSpec, Outputs, Pipeline, PortId,
};
use remotemedia_manifest::{Manifest, RuntimeKind};
use remotemedia_packet::Packet;
use serde_json::json;

/// Passes packets on, after so much work.
pub(crate) struct Step {
    /// Whether it shares its thread with no other node.
    pub(crate) alone: bool,
    pub(crate) busy: Duration,
}

impl NodeInstance for Step {
    fn process(&mut self, _: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        if !self.busy.is_zero() {
            let begin = Instant::now();
            while begin.elapsed() < self.busy {}
        }
        out.push(packet);
        Ok(More::No)
    }

    fn waits(&self) -> bool {
        self.alone
    }
}

struct Nothing;

impl FileSource for Nothing {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        Err(NodeFailure::new("RM306", format!("no file `{path}`")))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(Vec::new())
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

impl LogSink for Nothing {
    fn log(&self, _: &LogRecord<'_>) {}
}

/// So many nodes, each giving to the next.
pub(crate) fn line(nodes: usize, step: impl Fn(usize) -> Step) -> Pipeline {
    let id = |index: usize| format!("n{index}");
    let all: Vec<_> =
        (0..nodes).map(|index| json!({"id": id(index), "node_type": "Step", "entry": "m:Step"})).collect();
    let edges: Vec<_> = (1..nodes).map(|index| json!({"from": id(index - 1), "to": id(index)})).collect();
    let manifest = json!({"version": "v1", "metadata": {"name": "line"}, "nodes": all, "connections": edges});
    let (manifest, _) = Manifest::parse(manifest.to_string().as_bytes()).unwrap();
    let nothing = Arc::new(Nothing);
    let parts = manifest.nodes.iter().enumerate().map(|(index, node)| {
        let spec = NodeSpec::of(&manifest, node, Arc::clone(&nothing) as _, Arc::clone(&nothing) as _);
        NodeParts::new(spec, RuntimeKind::Native, Box::new(step(index)))
    });
    Pipeline::new(&manifest, parts.collect()).unwrap()
}

/// Processor time of this process so far, user and system, in seconds.
pub(crate) fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let ticks: f64 =
        stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2).map(|it| it.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}
