//! The sandbox: nodes as WebAssembly components under Wasmtime, and CPython as one of them.
//!
//! A node gets memory up to its limit, a clock, random bytes and a log. It has no files, no environment, no network; every
//! call has a deadline, and what it writes and returns is counted.
//!
//! # Layout
//!
//! - `engine`: the one Wasmtime configuration, and the clock that interrupts guests
//! - `aot`: machine code of the runner: shipped, cached, or compiled now
//! - `cache`: machine code that this machine compiled, and what vouches for it
//! - `bindings`: `schemas/node.wit` in Rust
//! - `sandbox`: what a guest is given, and what it may use up
//! - `stdio`: what a guest prints
//! - `payload`: what a Python guest gives
//! - `guest`: the exports of both worlds behind one face
//! - `instance`: one live guest: calls with a deadline, and what its end means
//! - `warm`: Python guests that wait for a node
//! - `component`, `compile`: a stranger's component, before any of it runs
//! - `recipe`: how a node's guest is made
//! - `node`: a guest as a node of the engine
//! - `failure`: what went wrong, as the engine's typed failure

mod aot;
mod bindings;
mod cache;
mod compile;
mod component;
mod engine;
mod failure;
mod guest;
mod instance;
mod node;
mod payload;
mod python;
mod recipe;
mod sandbox;
mod stdio;
mod warm;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::{RuntimeKind, modules};
use wasmtime::Engine;

pub use aot::{RunnerError, precompile};
pub use compile::compile;
pub use engine::engine_config;

use crate::compile::Compiler;
use crate::component::Component;
use crate::node::SandboxedNode;
use crate::recipe::Recipe;
use crate::warm::Warm;

/// The generic Python runner, ready to be instantiated; clones share it.
#[derive(Clone)]
pub struct Runner {
    warm: Arc<Warm>,
}

impl Runner {
    /// Load `python-runner.wasm` from a directory.
    ///
    /// Its machine code is taken from beside it, where it was made at installation; where that is missing or does not fit this
    /// machine, from `<cache>/aot/`; else it is compiled now and kept there. That takes about ten seconds, so `compiling` is
    /// told the reason first.
    ///
    /// # Errors
    ///
    /// RM614: the runner is missing or cannot be compiled.
    pub fn load(dir: &Path, cache: &Path, compiling: &mut dyn FnMut(&str)) -> Result<Self, RunnerError> {
        let engine = engine::engine()?;
        let component = aot::load(&engine, dir, cache, compiling)?;
        let linker = sandbox::linker(&engine).map_err(RunnerError::unusable)?;
        let warm = linker.instantiate_pre(&component).and_then(Warm::new).map_err(RunnerError::unusable)?;
        Ok(Self { warm: Arc::new(warm) })
    }
}

/// Runs Python nodes in the sandbox.
pub struct PythonWasmRuntime {
    runner: Runner,
}

impl PythonWasmRuntime {
    /// A runtime whose nodes are instances of a runner.
    #[must_use]
    pub fn new(runner: Runner) -> Self {
        Self { runner }
    }
}

impl NodeRuntime for PythonWasmRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::PythonWasm
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        let recipe = Recipe::of_python(Arc::clone(&self.runner.warm), spec)?;
        Ok(Box::new(SandboxedNode::new(&recipe, spec)?))
    }
}

/// Runs `WasmNode`s: components of the world `node`. Nodes whose components have the same bytes share the machine code.
pub struct WasmRuntime {
    engine: Engine,
    cache: PathBuf,
    compiler: Compiler,
    /// Told a component's file before it is compiled.
    compiling: Box<dyn Fn(&str) + Send + Sync>,
    components: Mutex<HashMap<blake3::Hash, Arc<Component>>>,
}

impl WasmRuntime {
    /// A runtime that keeps machine code in `<cache>/aot/`.
    ///
    /// Components are compiled by `<compiler> compile`, which is to call [`compile`]; without a compiler, in this process: then
    /// they should be one's own. That may take some seconds, so `compiling` is told the file first.
    ///
    /// # Errors
    ///
    /// `RM610`: this machine is not one that Wasmtime compiles for.
    pub fn new(
        cache: &Path,
        compiler: Option<&Path>,
        compiling: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, NodeFailure> {
        let engine = engine::engine().map_err(|error| NodeFailure::new("RM610", error.message))?;
        let compiler = compiler.map_or(Compiler::Here, |it| Compiler::Child(it.to_owned()));
        let (cache, compiling) = (cache.to_owned(), Box::new(compiling));
        Ok(Self { engine, cache, compiler, compiling, components: Mutex::default() })
    }

    fn component(&self, spec: &NodeSpec) -> Result<Arc<Component>, NodeFailure> {
        let Some(file) = modules::component(&spec.params) else {
            let message = format!("expected a file as `{}`, got something else", modules::COMPONENT);
            return Err(NodeFailure::new("RM601", message));
        };
        let wasm = spec.files.read(file)?;
        let mut components = self.components.lock().unwrap_or_else(PoisonError::into_inner);
        let component = match components.entry(blake3::hash(&wasm)) {
            Entry::Occupied(loaded) => loaded.into_mut(),
            Entry::Vacant(place) => {
                let compile = || {
                    (self.compiling)(file);
                    self.compiler.compile(&self.engine, file, &wasm)
                };
                place.insert(Arc::new(Component::load(&self.engine, file, &wasm, &self.cache, compile)?))
            }
        };
        Ok(Arc::clone(component))
    }
}

impl NodeRuntime for WasmRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Wasm
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        let recipe = Recipe::of_component(self.component(spec)?, spec);
        Ok(Box::new(SandboxedNode::new(&recipe, spec)?))
    }
}
