//! The runtime `rustpython` of packages: nodes in child processes with RustPython.

use std::ffi::OsString;
use std::path::PathBuf;

use remotemedia_confine::{Confinement, Profile, system_libraries};
use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::RuntimeKind;

use crate::node::Child;
use crate::process::Program;

/// Descriptors that a child may have open.
const DESCRIPTORS: u64 = 64;
/// What the interpreter itself needs beside a node's memory.
const RESERVED: u64 = 128 << 20;

/// Makes nodes in children that have no files, no network and no environment.
pub struct RustPythonRuntime {
    /// The program whose `confined` becomes the interpreter: the executor.
    trampoline: PathBuf,
    program: PathBuf,
}

impl RustPythonRuntime {
    /// A runtime over this program, `remotemedia-rustpython-node`; `trampoline` is the executor's own path.
    #[must_use]
    pub fn new(trampoline: PathBuf, program: PathBuf) -> Self {
        Self { trampoline, program }
    }
}

impl NodeRuntime for RustPythonRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Rustpython
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        let confinement = Confinement {
            read: system_libraries(),
            profile: Profile::Pure,
            memory: Some(spec.limits.memory.saturating_add(RESERVED)),
            file_bytes: Some(0),
            descriptors: Some(DESCRIPTORS),
            ..Confinement::default()
        };
        let confinement =
            serde_json::to_string(&confinement).map_err(|error| NodeFailure::new("RM626", error.to_string()))?;
        let words: [OsString; 5] =
            ["confined".into(), "--confinement".into(), confinement.into(), "--".into(), self.program.clone().into()];
        let program = Program { path: self.trampoline.clone(), args: words.to_vec(), ..Program::default() };
        Ok(Box::new(Child::start(&program, spec, Some(spec.limits.memory.saturating_add(RESERVED)))?))
    }
}
