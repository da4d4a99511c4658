//! Nodes made of Python source, in the real runner.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use remotemedia_engine::{
    EffectiveLimits, FileSource, LogLevel, LogRecord, LogSink, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec,
    Outputs,
};
use remotemedia_packet::{Body, Json, Packet};
use remotemedia_wasm::{PythonWasmRuntime, Runner};
use serde_json::{Map, Value, json};

/// Where `guest/build.py` put the runner.
pub(crate) fn runner_directory() -> PathBuf {
    let variable = std::env::var_os("REMOTEMEDIA_RUNNER");
    variable.expect("REMOTEMEDIA_RUNNER names the directory with `python-runner.wasm`; `make test` builds it").into()
}

pub(crate) fn runtime() -> &'static PythonWasmRuntime {
    static RUNTIME: OnceLock<PythonWasmRuntime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR"));
        PythonWasmRuntime::new(Runner::load(&runner_directory(), cache, &mut |_| {}).expect("the runner loads"))
    })
}

/// The sources of a node, in the place of a package.
struct Sources(Vec<(String, String)>);

impl FileSource for Sources {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        Err(NodeFailure::new("RM306", format!("no file `{path}`")))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(self.0.clone())
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

/// Keeps what a node logs.
#[derive(Default)]
pub(crate) struct Lines(pub(crate) Mutex<Vec<(LogLevel, String)>>, Mutex<Vec<String>>);

impl LogSink for Lines {
    fn log(&self, record: &LogRecord<'_>) {
        self.0.lock().expect("no test panics while it logs").push((record.level, record.message.to_owned()));
        let place = record.place.map(|(file, line)| format!("{file}:{line}")).unwrap_or_default();
        self.1.lock().expect("no test panics while it logs").push(place);
    }
}

/// A node to be made.
pub(crate) struct Draft {
    pub(crate) spec: NodeSpec,
    pub(crate) lines: Arc<Lines>,
}

/// A node of the class `N` in `pipeline.py`.
pub(crate) fn draft(source: &str) -> Draft {
    project(&[("pipeline.py", source)], "pipeline:N")
}

/// A node of several files.
pub(crate) fn project(files: &[(&str, &str)], entry: &str) -> Draft {
    let lines = Arc::new(Lines::default());
    let spec = NodeSpec {
        id: "node".into(),
        node_type: "N".into(),
        entry: Some(entry.into()),
        params: Map::new(),
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        fed: true,
        files: Arc::new(Sources(files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect())),
        limits: EffectiveLimits { timeout: Duration::from_secs(10), ..EffectiveLimits::default() },
        grants: Vec::new(),
        seed: 7,
        log: Arc::clone(&lines) as Arc<dyn LogSink>,
        cancel: remotemedia_engine::Cancel::new(),
    };
    Draft { spec, lines }
}

impl Draft {
    pub(crate) fn params(mut self, params: Value) -> Self {
        self.spec.params = params.as_object().expect("parameters are an object").clone();
        self
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut EffectiveLimits)) -> Self {
        change(&mut self.spec.limits);
        self
    }

    pub(crate) fn make(self) -> Made {
        let lines = Arc::clone(&self.lines);
        Made { node: self.try_make().expect("the node is made"), lines }
    }

    pub(crate) fn try_make(self) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        runtime().instantiate(&self.spec)
    }

    pub(crate) fn failure(self) -> NodeFailure {
        self.try_make().err().expect("the node cannot be made")
    }
}

/// A live node.
pub(crate) struct Made {
    pub(crate) node: Box<dyn NodeInstance>,
    pub(crate) lines: Arc<Lines>,
}

impl Made {
    pub(crate) fn try_packet(&mut self, packet: Packet) -> Result<Vec<Packet>, NodeFailure> {
        let mut out = Outputs::new();
        let mut more = self.node.process(0, packet, &mut out)?;
        while more == More::Yes {
            more = self.node.pull(1000, &mut out)?;
        }
        Ok(out.drain().map(|(_, packet)| packet).collect())
    }

    pub(crate) fn packet(&mut self, packet: Packet) -> Vec<Packet> {
        self.try_packet(packet).expect("the node takes the packet")
    }

    /// What the node makes of a JSON value, as JSON values.
    pub(crate) fn json(&mut self, value: &Value) -> Vec<Value> {
        self.packet(json_packet(value)).iter().map(to_json).collect()
    }

    /// The one thing the node makes of a JSON value.
    pub(crate) fn one(&mut self, value: &Value) -> Value {
        let mut all = self.json(value);
        assert_eq!(all.len(), 1, "one packet was expected, got {all:?}");
        all.remove(0)
    }

    pub(crate) fn flush(&mut self) -> Vec<Packet> {
        let mut out = Outputs::new();
        let mut more = self.node.flush(&mut out).expect("the node flushes");
        while more == More::Yes {
            more = self.node.pull(1000, &mut out).expect("the node goes on");
        }
        out.drain().map(|(_, packet)| packet).collect()
    }

    pub(crate) fn failure(&mut self) -> NodeFailure {
        self.try_packet(json_packet(&json!(1))).expect_err("the node fails")
    }

    /// File and line of each line of the log.
    pub(crate) fn places(&self) -> Vec<String> {
        self.lines.1.lock().expect("no test panics while it logs").clone()
    }

    pub(crate) fn log(&self) -> Vec<(LogLevel, String)> {
        self.lines.0.lock().expect("no test panics while it logs").clone()
    }
}

pub(crate) fn json_packet(value: &Value) -> Packet {
    Packet::new(Body::Json(Json { text: value.to_string().into(), data: bytes::Bytes::new() }))
}

/// The value of a text or json packet.
pub(crate) fn to_json(packet: &Packet) -> Value {
    match &packet.body {
        Body::Text(text) => json!(&**text),
        Body::Json(json) => serde_json::from_str(&json.text).expect("a json body holds JSON"),
        other => panic!("text or json was expected, got {other:?}"),
    }
}
