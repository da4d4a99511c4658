//! The sandbox: nodes as WebAssembly components under Wasmtime, and CPython as one of them.
//!
//! A node gets memory up to its limit, a clock, random bytes and a log. It has no files, no environment, no network; every
//! call has a deadline, and what it writes and returns is counted.
//!
//! # Layout
//!
//! - `engine`: the one Wasmtime configuration, and the clock that interrupts guests
//! - `aot`: machine code of the runner: shipped, cached, or compiled now
//! - `sandbox`: what a guest is given, and what it may use up
//! - `bindings`: the world `python-runner` of `schemas/node.wit` in Rust
//! - `instance`: one live guest: calls with a deadline, and what its end means
//! - `node`: a Python node of the engine, whose guest is replaced before its leaks matter
//! - `failure`: what went wrong, as the engine's typed failure

mod aot;
mod bindings;
mod engine;
mod failure;
mod instance;
mod node;
mod sandbox;

use std::path::Path;

use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::RuntimeKind;

pub use aot::{RunnerError, precompile};
pub use engine::engine_config;

use crate::bindings::PythonRunnerPre;
use crate::node::PythonNode;
use crate::sandbox::Sandbox;

/// The generic Python runner, ready to be instantiated; clones share it.
#[derive(Clone)]
pub struct Runner {
    pre: PythonRunnerPre<Sandbox>,
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
        let pre = linker.instantiate_pre(&component).and_then(PythonRunnerPre::new).map_err(RunnerError::unusable)?;
        Ok(Self { pre })
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
        Ok(Box::new(PythonNode::new(self.runner.pre.clone(), spec)?))
    }
}
