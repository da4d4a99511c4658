//! Small nodes and graphs for the tests of the engine.
#![allow(clippy::unwrap_used, dead_code, reason = "tests; each file uses its part")]

use std::path::PathBuf;
use std::sync::Arc;

use remotemedia_engine::{
    Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, More, NodeFailure, NodeInstance, NodeParts, NodeSpec,
    Outputs, Pipeline, PortId, Report, RunError,
};
use remotemedia_manifest::{Manifest, RuntimeKind};
use remotemedia_packet::{Body, Packet};
use serde_json::{Map, json};

/// One call of a node.
pub(crate) enum Call {
    Process(PortId, Packet),
    Pull(usize),
    Flush,
    Close,
}

/// A node made of one function.
pub(crate) struct Node<F> {
    pub(crate) source: bool,
    pub(crate) call: F,
}

impl<F: FnMut(Call, &mut Outputs) -> Result<More, NodeFailure> + Send> NodeInstance for Node<F> {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        (self.call)(Call::Process(port, packet), out)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        (self.call)(Call::Pull(max), out)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        (self.call)(Call::Flush, out)
    }

    fn close(&mut self) {
        let _ = (self.call)(Call::Close, &mut Outputs::new());
    }

    fn is_source(&self) -> bool {
        self.source
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

pub(crate) fn spec(id: &str) -> NodeSpec {
    NodeSpec {
        id: id.into(),
        node_type: "Test".into(),
        entry: Some("test:Test".into()),
        params: Map::new(),
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        fed: true,
        files: Arc::new(Nothing),
        limits: EffectiveLimits::default(),
        grants: Vec::new(),
        seed: 0,
        log: Arc::new(Nothing),
        cancel: Cancel::new(),
    }
}

/// A node of any behaviour.
pub(crate) fn node<F>(id: &str, kind: RuntimeKind, call: F) -> NodeParts
where
    F: FnMut(Call, &mut Outputs) -> Result<More, NodeFailure> + Send + 'static,
{
    NodeParts::new(spec(id), kind, Box::new(Node { source: false, call }))
}

/// A node that gives a packet for every packet.
pub(crate) fn map(id: &str, kind: RuntimeKind, mut each: impl FnMut(String) -> String + Send + 'static) -> NodeParts {
    node(id, kind, move |call, out| {
        if let Call::Process(_, packet) = call {
            out.push(packet.with_body(Body::Text(each(text_of(&packet)).into())));
        }
        Ok(More::No)
    })
}

/// A source of the numbers from 0, one for every packet it is asked for.
pub(crate) fn count(id: &str, kind: RuntimeKind, end: u64) -> NodeParts {
    let mut next = 0;
    let mut parts = node(id, kind, move |call, out| {
        if let Call::Pull(max) = call {
            for _ in 0..max {
                if next == end {
                    return Ok(More::No);
                }
                out.push(text(&next.to_string()));
                next += 1;
            }
            return Ok(More::Yes);
        }
        Ok(More::No)
    });
    parts.spec.inputs.clear();
    parts
}

pub(crate) fn text(value: &str) -> Packet {
    Packet::new(Body::Text(value.into()))
}

pub(crate) fn text_of(packet: &Packet) -> String {
    match &packet.body {
        Body::Text(text) => text.to_string(),
        other => panic!("expected text, got {other:?}"),
    }
}

/// `edges` are written `a b` or `a.port b.port`.
pub(crate) fn manifest(ids: &[&str], edges: &[&str]) -> Manifest {
    let nodes: Vec<_> = ids.iter().map(|id| json!({"id": id, "node_type": "Test", "entry": "test:Test"})).collect();
    let connection = |edge: &&str| {
        let (from, to) = edge.split_once(' ').unwrap();
        let (from, from_port) = from.split_once('.').unwrap_or((from, "out"));
        let (to, to_port) = to.split_once('.').unwrap_or((to, "in"));
        json!({"from": from, "from_port": from_port, "to": to, "to_port": to_port})
    };
    let connections: Vec<_> = edges.iter().map(connection).collect();
    let manifest =
        json!({"version": "v1", "metadata": {"name": "test"}, "nodes": nodes, "connections": connections}).to_string();
    Manifest::parse(manifest.as_bytes()).unwrap().0
}

pub(crate) fn pipeline(parts: Vec<NodeParts>, edges: &[&str]) -> Pipeline {
    let ids: Vec<String> = parts.iter().map(|it| it.spec.id.clone()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    Pipeline::new(&manifest(&ids, edges), parts).unwrap()
}

/// What came out, as `leaf:text`, and how the run ended.
pub(crate) struct Ran {
    pub(crate) outputs: Vec<String>,
    pub(crate) packets: Vec<Packet>,
    pub(crate) result: Result<Report, RunError>,
}

impl Ran {
    pub(crate) fn of(&self, leaf: &str) -> Vec<&str> {
        self.outputs.iter().filter_map(|it| it.strip_prefix(leaf)?.strip_prefix(':')).collect()
    }
}

pub(crate) fn run(pipeline: Pipeline, input: &[&str]) -> Ran {
    let (mut outputs, mut packets) = (Vec::new(), Vec::new());
    let input = input.iter().map(|it| Ok(text(it)));
    let mut sink = |leaf: &str, packet: Packet| {
        outputs.push(format!("{leaf}:{}", text_of(&packet)));
        packets.push(packet);
        Ok(())
    };
    let result = pipeline.run(input, &mut sink, &Cancel::new());
    Ran { outputs, packets, result }
}
