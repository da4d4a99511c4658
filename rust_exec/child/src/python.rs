//! The runtime `python` of packages: nodes in worker processes on the host's Python.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use remotemedia_confine::{Confinement, NAME_SERVICE_PORT, Profile, devices, name_service, system_libraries};
use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs, PortId};
use remotemedia_manifest::{Grant, RuntimeKind};
use remotemedia_packet::Packet;
use serde_json::Value;

use crate::node::Child;
use crate::pool::Pool;
use crate::process::Program;
use crate::project::{project_in, with_files};
use crate::scratch::Scratch;

/// What the interpreter is told to do; its arguments are the directory that it works in, and those that modules come from,
/// which stand behind the standard library and before whatever is installed beside the interpreter.
const START: &str = "import os, sys; \
    os.chdir(sys.argv[1]); \
    at = next((at for at, it in enumerate(sys.path) if it.endswith('-packages')), len(sys.path)); \
    sys.path[at:at] = sys.argv[2:]; \
    from remotemedia.runtime._worker.main import main; main()";
/// What libraries of numbers may reserve beside the memory that they use: stacks and buffers of their threads.
const RESERVED: u64 = 1 << 30;
/// Bytes of the largest file that a worker may write, where no grant says otherwise.
const FILE: u64 = 1 << 30;
/// Descriptors that a worker may have open.
const DESCRIPTORS: u64 = 1024;
/// Most processes of one node.
const MAX_WORKERS: usize = 64;

/// The Python of one node.
#[derive(Clone, Debug)]
pub struct Python {
    /// The program.
    pub interpreter: PathBuf,
    /// Directories that modules are imported from, after those of the standard library.
    pub path: Vec<PathBuf>,
    /// Further files and directories that it has to read, such as those that links in `path` lead to.
    pub read: Vec<PathBuf>,
}

impl Python {
    /// What its process has to read before it reads anything that it was granted.
    #[must_use]
    pub fn reads(&self) -> Vec<PathBuf> {
        let own = self.path.iter().chain(&self.read).cloned();
        system_libraries().into_iter().chain(own).chain(libraries(&self.interpreter)).collect()
    }
}

/// Makes nodes in worker processes. A worker is confined, unless its node is granted `host`.
pub struct PythonRuntime {
    /// The program whose `confined` becomes the interpreter: the executor.
    trampoline: PathBuf,
    nodes: BTreeMap<String, Python>,
    /// Where each worker gets a temporary directory of its own.
    scratch: PathBuf,
    /// In how many processes a node runs; one where its id is not here.
    workers: BTreeMap<String, usize>,
}

impl PythonRuntime {
    /// A runtime for these nodes, by id; `trampoline` is the executor's own path.
    #[must_use]
    pub fn new(trampoline: PathBuf, nodes: BTreeMap<String, Python>) -> Self {
        Self { trampoline, nodes, scratch: std::env::temp_dir(), workers: BTreeMap::new() }
    }

    /// The same with its workers' temporary directories in this one, instead of the system's.
    #[must_use]
    pub fn scratch_in(self, directory: PathBuf) -> Self {
        Self { scratch: directory, ..self }
    }

    /// The same with nodes, by id, in several processes each: only those that are made with `enable_state=False`.
    #[must_use]
    pub fn with_workers(self, workers: BTreeMap<String, usize>) -> Self {
        Self { workers, ..self }
    }
}

impl NodeRuntime for PythonRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Python
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        let python = self.nodes.get(&spec.id).ok_or_else(|| {
            let message = format!("expected an interpreter for node `{}`, got none", spec.id);
            NodeFailure::new("RM627", message)
                .with_hint("`remotemedia run` makes the package's environment and names it")
        })?;
        let count = self.workers.get(&spec.id).copied().unwrap_or(1);
        let first = self.worker(spec, python)?;
        if count <= 1 {
            return Ok(Box::new(first));
        }
        let is_stateless = spec.params.get("enable_state") == Some(&Value::Bool(false));
        if !is_stateless || first.is_source() {
            let message =
                format!("expected 1 worker for node `{}`, which keeps state or is a source, got {count}", spec.id);
            let hint = "make it with `enable_state=False`, if it keeps nothing from one packet to the next";
            return Err(NodeFailure::new("RM627", message).with_hint(hint));
        }
        let mut workers = vec![first];
        for _ in 1..count.min(MAX_WORKERS) {
            workers.push(self.worker(spec, python)?);
        }
        Ok(Box::new(Pool::new(workers)))
    }
}

impl PythonRuntime {
    fn worker(&self, spec: &NodeSpec, python: &Python) -> Result<PythonNode, NodeFailure> {
        let scratch = Scratch::make(&self.scratch).map_err(|error| {
            NodeFailure::new("RM626", format!("expected a temporary directory for node `{}`, got: {error}", spec.id))
        })?;
        let program = self.program(spec, python, scratch.path())?;
        let spec = with_files(spec, scratch.path())?;
        Ok(PythonNode { child: Child::start(&program, &spec, Some(spec.limits.memory))?, _scratch: scratch })
    }

    fn program(&self, spec: &NodeSpec, python: &Python, scratch: &Path) -> Result<Program, NodeFailure> {
        let grants = grants(spec)?;
        let mut args: Vec<OsString> = ["-I", "-B", "-X", "utf8", "-c", START].map(Into::into).to_vec();
        args.push(project_in(scratch).into());
        args.extend(python.path.iter().map(Into::into));
        if grants.contains(&Grant::Host) {
            return Ok(Program {
                path: python.interpreter.clone(),
                args,
                env: std::env::vars_os().collect(),
                image: None,
            });
        }
        let confinement = serde_json::to_string(&confinement(spec, python, scratch, &grants))
            .map_err(|error| NodeFailure::new("RM626", error.to_string()))?;
        let mut words: Vec<OsString> = vec!["confined".into(), "--confinement".into(), confinement.into()];
        // A confined process has no datagrams, so hosts are looked up over TCP.
        let lookups = ("RES_OPTIONS", Path::new("use-vc"));
        for (name, value) in [("HOME", scratch), ("TMPDIR", scratch), ("LANG", Path::new("C.UTF-8")), lookups] {
            let mut word = OsString::from(format!("{name}="));
            word.push(value);
            words.extend(["--env".into(), word]);
        }
        words.extend(["--".into(), python.interpreter.clone().into()]);
        words.append(&mut args);
        Ok(Program { path: self.trampoline.clone(), args: words, ..Program::default() })
    }
}

fn grants(spec: &NodeSpec) -> Result<Vec<Grant>, NodeFailure> {
    let read = |text: &String| {
        text.parse()
            .map_err(|()| NodeFailure::new("RM701", format!("expected a grant for node `{}`, got `{text}`", spec.id)))
    };
    spec.grants.iter().map(read).collect()
}

/// What a worker may do: read its environment and the interpreter's own library, write its temporary directory, and what it
/// was granted.
fn confinement(spec: &NodeSpec, python: &Python, scratch: &Path, grants: &[Grant]) -> Confinement {
    let mut read = python.reads();
    read.push(scratch.to_owned());
    let mut write = vec![scratch.to_owned()];
    let (mut connect, mut granted, mut largest) = (Vec::new(), Vec::new(), None);
    for grant in grants {
        match grant {
            Grant::Read(directory) => read.push(directory.clone()),
            Grant::Write { directory, quota } => {
                write.push(directory.clone());
                // The system counts by process, not by directory.
                largest = largest.max(Some(quota.unwrap_or(u64::MAX >> 1)));
            }
            Grant::Net { port, .. } => {
                read.extend(name_service());
                connect.extend([*port, NAME_SERVICE_PORT]);
            }
            Grant::Device(name) => granted.extend(devices(name)),
            Grant::Program | Grant::Python | Grant::Host | Grant::Native => {}
        }
    }
    Confinement {
        read,
        write,
        devices: granted,
        connect,
        profile: Profile::Worker,
        // The parent looks at what is used; this ends what grows faster than it looks.
        memory: Some(spec.limits.memory.saturating_add(RESERVED)),
        file_bytes: Some(largest.unwrap_or(FILE)),
        descriptors: Some(DESCRIPTORS),
        ..Confinement::default()
    }
}

/// Where an interpreter's own library lies: that of its environment, and that of what the environment was made from.
fn libraries(interpreter: &Path) -> Vec<PathBuf> {
    let prefix = |program: &Path| program.parent().and_then(Path::parent).map(Path::to_owned);
    let environment = prefix(interpreter).filter(|it| it.join("pyvenv.cfg").is_file());
    let base = interpreter.canonicalize().ok().and_then(|it| prefix(&it)).map(|it| it.join("lib"));
    environment.into_iter().chain(base).collect()
}

/// A node in one worker.
pub(crate) struct PythonNode {
    child: Child,
    _scratch: Scratch,
}

impl PythonNode {
    /// Give it packets without waiting for what comes of them, which `pull` gives.
    pub(crate) fn begin(&mut self, packets: Vec<(PortId, Packet)>) -> Result<(), NodeFailure> {
        self.child.begin(packets.into_iter().map(|(port, packet)| (port, packet.into_planar())).collect())
    }
}

impl NodeInstance for PythonNode {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.process_all(vec![(port, packet)], out)
    }

    fn process_all(&mut self, packets: Vec<(PortId, Packet)>, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.child.process_all(packets.into_iter().map(|(port, packet)| (port, packet.into_planar())).collect(), out)
    }

    fn in_hand(&mut self) -> Option<Packet> {
        self.child.in_hand()
    }

    fn goes_on(&self) -> bool {
        self.child.goes_on()
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.child.pull(max, out)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.child.flush(out)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        self.child.snapshot()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.child.restore(state)
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        self.child.set_param(name, value)
    }

    fn close(&mut self) {
        self.child.close();
    }

    fn is_source(&self) -> bool {
        self.child.is_source()
    }

    fn waits(&self) -> bool {
        self.child.waits()
    }
}
