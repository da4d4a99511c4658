//! `remotemedia._native`: kernels, manifest verdict and engine for Python.
//!
//! It decides nothing that is Python's to decide: node objects, codec and paths are handed in.
//!
//! # Layout
//!
//! - `failure`: the one exception, `NativeError`, which carries a failure as JSON
//! - `buffer`: memory of Rust as a Python buffer, and back
//! - `kernels`: signal work on planar buffers
//! - `data`: work on numbers, texts and values of any kind
//! - `manifest`: the verdict on a manifest; `package`: on documents of a package
//! - `host`: nodes that are Python objects, as a runtime of the engine
//! - `lines`: those in a row as one node of the engine; `line`: a line of plain functions and generators; `calls`: one of these
//! - `steps`: a line of coroutine functions
//! - `driven`: those of them that run on an event loop
//! - `cancel`: how a run is ended from another thread
//! - `value`: packets as Python values, and back
//! - `files`: a project directory as the engine's source of files
//! - `models`: models that outlive a run
//! - `engine`: a manifest and its nodes, run to the end

mod buffer;
mod calls;
mod cancel;
mod data;
mod driven;
mod engine;
mod failure;
mod files;
mod host;
mod kernels;
mod line;
mod lines;
mod manifest;
mod models;
mod package;
mod steps;
mod value;

use pyo3::prelude::*;

/// Kernels, manifest verdict and engine.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::buffer::Buffer;
    #[pymodule_export]
    use crate::cancel::Cancel;
    #[pymodule_export]
    use crate::data::{calculate, calculations, elementwise, formatted, process_text, text_operations};
    #[pymodule_export]
    use crate::engine::run_pipeline;
    #[pymodule_export]
    use crate::failure::NativeError;
    #[pymodule_export]
    use crate::kernels::{
        Chunker, Gate, Resampler, VoiceDetector, Windower, convert, gain, mix, resample, voice_activity,
    };
    #[pymodule_export]
    use crate::manifest::validate_manifest;
    #[pymodule_export]
    use crate::models::Models;
    #[pymodule_export]
    use crate::package::{check_configuration, check_layers};
    #[pymodule_export]
    use crate::steps::Steps;
}
