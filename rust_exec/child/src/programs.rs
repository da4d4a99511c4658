//! The runtime `program` of packages: nodes as native programs of the package's author, in confined child processes.

use std::ffi::OsString;
use std::path::PathBuf;

use remotemedia_confine::{Confinement, Elf, Profile, support};
use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::{RuntimeKind, modules};

use crate::node::Child;
use crate::process::{Image, Program};

/// Descriptors that a program may have open.
const DESCRIPTORS: u64 = 64;
/// What a program may reserve beside a node's memory, so that the parent sees it at its limit before it fails for itself.
const RESERVED: u64 = 128 << 20;
/// What a program may have of address space, used or not: room for runtimes that reserve far more than they use.
const ADDRESSES: u64 = 64 << 30;
/// Bytes of the largest program.
const MAX_PROGRAM: usize = 64 << 20;

/// Makes nodes in children that have no files, no network and no environment, each the program for this platform.
pub struct ProgramRuntime {
    /// The program whose `program` becomes that of the node: the executor.
    trampoline: PathBuf,
}

impl ProgramRuntime {
    /// A runtime; `trampoline` is the executor's own path.
    #[must_use]
    pub fn new(trampoline: PathBuf) -> Self {
        Self { trampoline }
    }

    fn program(&self, spec: &NodeSpec, image: Image) -> Result<Program, NodeFailure> {
        let confinement = Confinement {
            profile: Profile::Pure,
            memory: Some(spec.limits.memory.saturating_add(RESERVED)),
            addresses: Some(spec.limits.memory.saturating_add(ADDRESSES)),
            file_bytes: Some(0),
            descriptors: Some(DESCRIPTORS),
            ..Confinement::default()
        };
        let confinement =
            serde_json::to_string(&confinement).map_err(|error| NodeFailure::new("RM626", error.to_string()))?;
        let words: [OsString; 5] = [
            "program".into(),
            "--confinement".into(),
            confinement.into(),
            format!("--size={}", image.bytes.len()).into(),
            // In one word: a name may begin like an option.
            format!("--name={}", spec.id).into(),
        ];
        Ok(Program { path: self.trampoline.clone(), args: words.to_vec(), env: Vec::new(), image: Some(image) })
    }
}

impl NodeRuntime for ProgramRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Program
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        support().of_programs().map_err(|it| {
            NodeFailure::new(it.code(), it.to_string())
                .with_hint("`remotemedia doctor` shows what this system can confine")
        })?;
        let image = image(spec)?;
        // The program's own pages are shared memory, which is counted with what it allocates.
        let most = spec.limits.memory.saturating_add(image.bytes.len() as u64);
        let program = self.program(spec, image)?;
        let spec = NodeSpec { params: modules::told(&spec.params), ..spec.clone() };
        Ok(Box::new(Child::start(&program, &spec, Some(most))?))
    }
}

/// The node's program for this platform, from verified bytes.
fn image(spec: &NodeSpec) -> Result<Image, NodeFailure> {
    let (platform, programs) = (modules::platform(), modules::programs(&spec.params));
    let Some(file) = programs.get(platform.as_str()) else {
        let others: Vec<_> = programs.keys().map(|it| format!("`{it}`")).collect();
        let there = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
        let message = format!("expected a program of node `{}` for `{platform}`, it has {there}", spec.id);
        return Err(NodeFailure::new("RM637", message));
    };
    let bytes = spec.files.read(file)?;
    let found = match Elf::of(&bytes) {
        Ok(_) if bytes.len() > MAX_PROGRAM => format!("{} bytes", bytes.len()),
        Ok(elf) if elf.platform == Some(platform.as_str()) => {
            return Ok(Image { name: (*file).to_owned(), bytes: bytes.into(), patience: spec.limits.timeout });
        }
        Ok(elf) => format!("one for {}", elf.platform.map_or_else(|| "another".to_owned(), |it| format!("`{it}`"))),
        Err(what) => what.to_owned(),
    };
    let message =
        format!("expected a program for `{platform}` of at most {MAX_PROGRAM} bytes as `{file}`, got {found}");
    Err(NodeFailure::new("RM636", message))
}
