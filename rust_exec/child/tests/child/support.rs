//! Specs, packets and children of the tests.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use remotemedia_child::{Child, Program};
use remotemedia_engine::{Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, NodeFailure, NodeSpec, Outputs};
use remotemedia_packet::{Body, Packet};

pub(crate) struct Files;

impl FileSource for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        if path == "a.txt" {
            return Ok(b"text".to_vec());
        }
        Err(NodeFailure::new("RM306", format!("expected a file, got `{path}`")))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(vec![("m.py".into(), "x = 1".into())])
    }

    fn local_path(&self, _path: &str) -> Option<PathBuf> {
        None
    }
}

#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<String>>);

impl Kept {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl LogSink for Kept {
    fn log(&self, record: &LogRecord<'_>) {
        let place = record.place.map_or_else(String::new, |(file, line)| format!("{file}:{line}: "));
        self.0.lock().unwrap().push(format!("{place}{}", record.message));
    }
}

pub(crate) fn spec(node_type: &str) -> NodeSpec {
    NodeSpec {
        id: "n".into(),
        node_type: node_type.into(),
        entry: None,
        params: serde_json::Map::new(),
        inputs: vec!["in".into()],
        outputs: vec!["out".into(), "other".into()],
        fed: true,
        files: Arc::new(Files),
        limits: EffectiveLimits { timeout: Duration::from_millis(500), memory: 64 << 20, ..EffectiveLimits::default() },
        grants: Vec::new(),
        seed: 0,
        log: Kept::new(),
        cancel: Cancel::new(),
    }
}

pub(crate) fn program(args: &[&str]) -> Program {
    Program {
        path: env!("CARGO_BIN_EXE_remotemedia-test-child").into(),
        args: args.iter().map(Into::into).collect(),
        ..Program::default()
    }
}

pub(crate) fn child(spec: &NodeSpec) -> Result<Child, NodeFailure> {
    Child::start(&program(&[]), spec, Some(spec.limits.memory))
}

pub(crate) fn text(text: &str) -> Packet {
    Packet::new(Body::Text(text.into()))
}

pub(crate) fn texts(out: &mut Outputs) -> Vec<String> {
    out.drain()
        .map(|(_, packet)| match packet.body {
            Body::Text(text) => text.to_string(),
            other => format!("{other:?}"),
        })
        .collect()
}
