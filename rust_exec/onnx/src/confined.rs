//! Models of strangers: C++ over a graph that nobody vouches for runs in a process of its own, which can compute and no more.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use remotemedia_child::{Child, Program};
use remotemedia_confine::{Confinement, Profile};
use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::{Grant, RuntimeKind};

use crate::library;
use crate::runtime::OnnxRuntime;

/// Private memory of a child before it is told its node: the library's data, and stacks.
const OWN: u64 = 256 << 20;
/// Descriptors that a child may have open.
const DESCRIPTORS: u64 = 64;

/// Makes `OnnxNode`s in this process where their author is trusted or the node is granted `host`, each in a confined child
/// of its own otherwise.
pub struct PlacedRuntime {
    /// The program whose `child` serves a node: the executor.
    executor: PathBuf,
    library: PathBuf,
    is_trusted: bool,
    /// That of this process, once a node needs it.
    here: Mutex<Option<OnnxRuntime>>,
}

impl PlacedRuntime {
    /// `executor` is the path of the program whose `child` serves a node; `library` and its errors are those of
    /// [`OnnxRuntime::new`].
    ///
    /// # Errors
    ///
    /// `RM609`: there is no library.
    pub fn new(executor: PathBuf, library: Option<&std::path::Path>, is_trusted: bool) -> Result<Self, NodeFailure> {
        Ok(Self { executor, library: library::find(library)?, is_trusted, here: Mutex::default() })
    }

    fn program(&self, spec: &NodeSpec) -> Result<Program, NodeFailure> {
        let confinement = Confinement {
            profile: Profile::Pure,
            memory: Some(spec.limits.memory.saturating_add(OWN)),
            file_bytes: Some(0),
            descriptors: Some(DESCRIPTORS),
            ..Confinement::default()
        };
        let confinement = serde_json::to_string(&confinement).map_err(|error| {
            NodeFailure::new("RM626", format!("expected a confinement of node `{}`, got: {error}", spec.id))
        })?;
        let library = self.library.canonicalize().unwrap_or_else(|_| self.library.clone());
        let words: [OsString; 7] = [
            "child".into(),
            "--runtime".into(),
            "onnx".into(),
            "--confinement".into(),
            confinement.into(),
            "--onnxruntime".into(),
            library.into(),
        ];
        // The providers of this machine are not the author's to choose.
        let providers = std::env::vars_os().filter(|(name, _)| name == crate::providers::VARIABLE);
        Ok(Program { path: self.executor.clone(), args: words.into(), env: providers.collect(), image: None })
    }
}

impl NodeRuntime for PlacedRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Onnx
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        let is_free = spec.grants.iter().any(|it| it.parse() == Ok(Grant::Host));
        if !self.is_trusted && !is_free {
            let child = Child::start(&self.program(spec)?, spec, Some(spec.limits.memory.saturating_add(OWN)))?;
            return Ok(Box::new(child));
        }
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = match &mut *here {
            Some(runtime) => runtime,
            None => here.insert(OnnxRuntime::new(Some(&self.library))?),
        };
        runtime.instantiate(spec)
    }
}
