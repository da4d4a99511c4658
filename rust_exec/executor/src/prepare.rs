//! `precompile` for the build of the wheel, and `doctor` for people.

use std::io::Write;

use remotemedia_confine::support;
use remotemedia_manifest::RuntimeKind;
use remotemedia_onnx::OnnxRuntime;
use remotemedia_wasm::{Runner, WasmRuntime, precompile as compile};
use serde_json::{Value, json};

use crate::args::{DoctorArgs, PrecompileArgs};
use crate::failure::Failure;

/// Compile the Python runner to native code that this executor will map.
pub(crate) fn precompile(args: &PrecompileArgs) -> Result<(), Failure> {
    compile(&args.component, &args.directory).map_err(Failure::from)
}

/// Compile a stranger's component from stdin to stdout, for the executor that started this process.
pub(crate) fn compile_stranger() -> Result<(), Failure> {
    remotemedia_wasm::compile(&mut std::io::stdin(), &mut std::io::stdout()).map_err(|why| Failure::new("RM632", why))
}

/// Print what this executor can run, each runtime tried for real.
pub(crate) fn doctor(args: &DoctorArgs) -> Result<(), Failure> {
    let places = &args.places;
    let onnx = OnnxRuntime::new(places.onnxruntime.as_deref()).map(drop);
    let mut notices = Vec::new();
    let runner = Runner::load(&places.runner(), &places.home(), &mut |it: &str| notices.push(it.to_owned()));
    let programs = support().of_programs().map(|()| None);
    let programs = programs.map_err(|error| Failure::new(error.code(), error.to_string()));
    let report = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "runtimes": {
            RuntimeKind::Native.as_str(): {"ok": true},
            RuntimeKind::Onnx.as_str(): outcome(onnx.map(|()| places.onnxruntime.clone())),
            RuntimeKind::Wasm.as_str(): outcome(WasmRuntime::new(&places.home(), None, |_| {}).map(|_| None)),
            RuntimeKind::PythonWasm.as_str(): outcome(runner.map(|_| Some(places.runner()))),
            RuntimeKind::Rustpython.as_str(): outcome(places.installed_rustpython().map(Some)),
            RuntimeKind::Program.as_str(): outcome(programs),
        },
        "confinement": support(),
        "notices": notices,
    });
    writeln!(std::io::stdout(), "{report:#}")
        .map_err(|e| Failure::new("RM616", format!("stdout cannot be written: {e}")))
}

fn outcome<E: Into<Failure>>(tried: Result<Option<std::path::PathBuf>, E>) -> Value {
    match tried {
        Ok(place) => json!({"ok": true, "from": place}),
        Err(error) => json!({"ok": false, "error": Into::<Failure>::into(error)}),
    }
}
