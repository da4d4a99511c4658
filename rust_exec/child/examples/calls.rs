//! What a call of a node in a child process costs, as JSON: microseconds a packet, one by one and in batches of 32.
//!
//! ```console
//! $ cargo run --release -p remotemedia-child --example calls
//! $ cargo run --release -p remotemedia-child --example calls -- python3 DIRECTORY_OF_REMOTEMEDIA …
//! ```
//!
//! Without arguments the child is this program, in Rust; with an interpreter it is an unconfined Python worker.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use remotemedia_child::{Child, Program, Python, PythonRuntime, serve};
use remotemedia_engine::{
    Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec,
    Outputs, PortId,
};
use remotemedia_manifest::RuntimeKind;
use remotemedia_packet::{Audio, Body, Dtype, Json, Packet, Tensor};
use serde_json::{Map, json};

const SOURCE: &str = "
from remotemedia import Node

class Echo(Node):
    def process(self, value):
        return value
";

struct Runtime;

impl NodeRuntime for Runtime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Native
    }

    fn instantiate(&self, _spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        Ok(Box::new(Echo))
    }
}

struct Echo;

impl NodeInstance for Echo {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        out.push(packet);
        Ok(More::No)
    }
}

struct Here;

impl FileSource for Here {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        Err(NodeFailure::new("RM306", format!("expected a file, got `{path}`")))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(vec![("echo.py".to_owned(), SOURCE.to_owned())])
    }

    fn local_path(&self, _path: &str) -> Option<PathBuf> {
        None
    }
}

impl LogSink for Here {
    fn log(&self, record: &LogRecord<'_>) {
        println!("{}", record.message);
    }
}

fn spec(grants: &[&str]) -> NodeSpec {
    NodeSpec {
        id: "echo".into(),
        node_type: "Echo".into(),
        entry: Some("echo:Echo".into()),
        params: Map::new(),
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        fed: true,
        files: Arc::new(Here),
        limits: EffectiveLimits::default(),
        grants: grants.iter().map(ToString::to_string).collect(),
        seed: 0,
        log: Arc::new(Here),
        cancel: Cancel::new(),
    }
}

fn node(words: &[String]) -> Box<dyn NodeInstance> {
    let own = std::env::current_exe().unwrap();
    let [interpreter, path @ ..] = words else {
        let program = Program { path: own, args: vec!["serve".into()], ..Program::default() };
        return Box::new(Child::start(&program, &spec(&[]), None).unwrap());
    };
    let path = path.iter().map(PathBuf::from).collect();
    let python = Python { interpreter: interpreter.into(), path, read: Vec::new() };
    let runtime = PythonRuntime::new(own, BTreeMap::from([("echo".to_owned(), python)]));
    runtime.instantiate(&spec(&["python", "host"])).unwrap()
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|it| it == "serve") {
        return serve(&Runtime, std::io::stdin(), std::io::stdout()).unwrap();
    }
    let begin = Instant::now();
    let mut node = node(&words);
    let start = begin.elapsed().as_secs_f64() * 1e3;
    let bodies = [
        ("tiny_json", Body::Json(Json { text: r#"{"a":1,"b":[2,3]}"#.into(), data: Vec::new().into() }), 2000),
        ("audio_20ms", Body::Audio(Audio::from_planar_f32(vec![0.5; 320], 16_000, 1)), 2000),
        (
            "tensor_1mib",
            Body::Tensor(Tensor { dtype: Dtype::F32, shape: vec![512, 512], data: vec![1; 1 << 20].into() }),
            100,
        ),
    ];
    let mut report = json!({"start_ms": (start * 10.0).round() / 10.0});
    for (name, body, count) in bodies {
        let packet = Packet::new(body);
        report[name] = json!({
            "one_us": microseconds(&mut node, &packet, count, 1),
            "of_32_us": microseconds(&mut node, &packet, count, 32),
        });
    }
    node.close();
    println!("{report}");
}

/// The least mean of five rounds.
fn microseconds(node: &mut Box<dyn NodeInstance>, packet: &Packet, count: usize, batch: usize) -> f64 {
    let rounds = (0..5).map(|_| {
        let begin = Instant::now();
        for _ in 0..count.div_ceil(batch) {
            let mut out = Outputs::new();
            let packets = (0..batch).map(|_| (0, packet.clone())).collect();
            let mut more = node.process_all(packets, &mut out).unwrap();
            while more == More::Yes {
                more = node.pull(usize::MAX, &mut out).unwrap();
            }
            assert_eq!(out.len(), batch);
        }
        begin.elapsed().as_secs_f64() * 1e6 / (count.div_ceil(batch) * batch) as f64
    });
    (rounds.fold(f64::INFINITY, f64::min) * 100.0).round() / 100.0
}
