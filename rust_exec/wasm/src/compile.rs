//! Strangers' components become machine code: in a child process, since what a compiler spends on hostile code has no bound.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use remotemedia_confine::{Confinement, Profile};
use remotemedia_engine::NodeFailure;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine::engine_config;

/// The child's memory in bytes, and its processor time in seconds.
const MEMORY: u64 = 4 << 30;
const CPU_SECONDS: u64 = 60;
/// Longest machine code that is taken from the child, in bytes.
const CODE: u64 = 1 << 30;
/// Longest message that is taken from the child, in bytes.
const MESSAGE: u64 = 2000;

/// Who compiles.
pub(crate) enum Compiler {
    /// This process: for components of one's own.
    Here,
    /// `remotemedia-executor compile` in a child process.
    Child(PathBuf),
}

impl Compiler {
    /// The component, and its machine code.
    #[allow(unsafe_code, reason = "Wasmtime cannot know where machine code comes from")]
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        file: &str,
        wasm: &[u8],
    ) -> Result<(Component, Vec<u8>), NodeFailure> {
        let refused =
            |why: String| NodeFailure::new("RM632", format!("component `{file}` cannot be compiled: {why:.2000}"));
        let code = match self {
            Self::Here => engine.precompile_component(wasm).map_err(|error| refused(format!("{error:#}")))?,
            Self::Child(program) => in_child(program.into(), wasm).map_err(refused)?,
        };
        // SAFETY: the code was made by this engine, or by this very program in a child that nobody else can write to.
        let component =
            unsafe { Component::deserialize(engine, &code) }.map_err(|error| refused(format!("{error:#}")))?;
        Ok((component, code))
    }
}

/// Compile the component on `input`, and write its machine code to `output`: the work of the child.
///
/// # Errors
///
/// Whatever keeps it from being compiled; what is short of memory or time ends the process instead.
pub fn compile(input: &mut dyn Read, output: &mut dyn Write) -> Result<(), String> {
    let confinement = Confinement {
        profile: Profile::Pure,
        memory: Some(MEMORY),
        cpu_seconds: Some(CPU_SECONDS),
        ..Confinement::default()
    };
    let told = |error: &dyn std::fmt::Display| error.to_string();
    // What this system cannot confine is still bounded in memory and time.
    confinement.apply().map_err(|error| told(&error))?;
    let mut wasm = Vec::new();
    input.read_to_end(&mut wasm).map_err(|error| told(&error))?;
    let mut config = engine_config().map_err(|error| told(&error))?;
    // A confined process starts no threads.
    config.parallel_compilation(false);
    let engine = Engine::new(&config).map_err(|error| told(&error))?;
    let code = engine.precompile_component(&wasm).map_err(|error| format!("{error:#}"))?;
    output.write_all(&code).map_err(|error| told(&error))
}

fn in_child(program: PathBuf, wasm: &[u8]) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut child = Command::new(program)
        .arg("compile")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(told)?;
    let read = exchange(&mut child, wasm);
    if read.is_err() {
        // It is of no use any more, and may be about to write for ever; it may also have ended already.
        let _ = child.kill();
    }
    let status = child.wait().map_err(told)?;
    let (code, message) = read.map_err(told)?;
    match status.success() {
        true => Ok(code),
        false => Err(reason(status, &message)),
    }
}

/// Give the child the component; take its code, and what it says.
fn exchange(child: &mut Child, wasm: &[u8]) -> std::io::Result<(Vec<u8>, String)> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(std::io::ErrorKind::BrokenPipe.into());
    };
    thread::scope(|scope| {
        // A child that ends early does not read it all; how it ended tells why.
        scope.spawn(move || drop(stdin.write_all(wasm)));
        let message = scope.spawn(move || {
            let mut message = Vec::new();
            let _ = stderr.take(MESSAGE).read_to_end(&mut message);
            String::from_utf8_lossy(&message).trim().to_owned()
        });
        let mut code = Vec::new();
        stdout.take(CODE).read_to_end(&mut code)?;
        Ok((code, message.join().unwrap_or_default()))
    })
}

fn reason(status: ExitStatus, message: &str) -> String {
    use std::os::unix::process::ExitStatusExt;

    match status.signal() {
        Some(libc::SIGXCPU | libc::SIGKILL) => format!("expected at most {CPU_SECONDS} s of processor time, got more"),
        Some(libc::SIGABRT) => format!("expected at most {} MiB of memory, got a request for more", MEMORY >> 20),
        Some(signal) => format!("the compiler ended by signal {signal}"),
        None => message.to_owned(),
    }
}
