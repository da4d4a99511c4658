//! Confinement: of this executor before it runs nodes, and of a program as which it goes on (`confined`).

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File};
use std::os::fd::AsFd as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use remotemedia_child::Python;
use remotemedia_confine::{
    ConfineError, Confinement, NAME_SERVICE_PORT, Profile, devices, name_service, system_libraries,
};
use remotemedia_manifest::{Grant, RuntimeKind};
use remotemedia_onnx::find_library;

use crate::args::{ConfinedArgs, Places, ProgramArgs, RunArgs};
use crate::events::Events;
use crate::failure::Failure;
use crate::plan::{Plan, PythonPlan};

/// Confine this process, then become the program. Returns only if that failed.
pub(crate) fn confined(args: &ConfinedArgs) -> Result<(), Failure> {
    let confinement = confinement(&args.confinement)?;
    let [program, rest @ ..] = args.program.as_slice() else {
        return Err(Failure::new("RM701", "expected a program, got none"));
    };
    let mut command = Command::new(program);
    command.args(rest).env_clear().envs(args.env.iter().filter_map(|it| it.split_once('=')));
    Err(confinement.exec(&mut command).into())
}

/// Confine this process, then become the program that stdin gives. Returns only if that failed.
pub(crate) fn program(args: &ProgramArgs) -> Result<(), Failure> {
    // Without a buffer: what follows the program on stdin is the program's.
    let mut stdin = File::from(std::io::stdin().as_fd().try_clone_to_owned().map_err(|error| {
        Failure::new("RM630", format!("`{}` cannot be started: stdin cannot be read: {error}", args.name))
    })?);
    Err(confinement(&args.confinement)?.exec_image(&args.name, &mut stdin, args.size).into())
}

fn confinement(text: &str) -> Result<Confinement, Failure> {
    serde_json::from_str(text).map_err(|e| Failure::new("RM701", format!("`--confinement` cannot be used: {e}")))
}

impl From<ConfineError> for Failure {
    fn from(it: ConfineError) -> Self {
        let hint = "`remotemedia doctor` shows what this system can confine";
        Self::new(it.code(), it.to_string()).with_hint(hint)
    }
}

/// Confine this executor to what one run needs, before anything of a stranger is run.
///
/// Not where a node was granted the unconfined host: what it starts could be no freer than this process. What the system
/// cannot do is told as a notice.
pub(crate) fn confine(
    args: &RunArgs,
    plan: &Plan,
    kinds: &BTreeSet<RuntimeKind>,
    events: &Events,
) -> Result<(), Failure> {
    let grants = || plan.nodes.values().flat_map(|it| &it.grants).filter_map(|it| it.parse::<Grant>().ok());
    if grants().any(|it| it == Grant::Host) {
        return Ok(());
    }
    let mut confinement = Confinement { profile: Profile::Executor, ..Confinement::default() };
    places(&mut confinement, args, plan, kinds);
    for grant in grants() {
        match grant {
            Grant::Read(directory) => confinement.read.push(directory),
            Grant::Write { directory, .. } => confinement.write.push(directory),
            Grant::Net { port, .. } => {
                confinement.read.extend(name_service());
                confinement.connect.extend([port, NAME_SERVICE_PORT]);
            }
            Grant::Device(name) => confinement.devices.extend(devices(&name)),
            Grant::Program | Grant::Python | Grant::Native | Grant::Host => {}
        }
    }
    if kinds.iter().any(|it| starts_children(*it, plan)) {
        children(&mut confinement, args, plan);
    }
    let applied = confinement.apply()?;
    if !applied.missing.is_empty() {
        events.notice(&format!("this run is not fully confined: {}", applied.missing.join("; ")));
    }
    Ok(())
}

/// What the run was told to read and write, and what its runtimes are loaded from.
fn places(confinement: &mut Confinement, args: &RunArgs, plan: &Plan, kinds: &BTreeSet<RuntimeKind>) {
    confinement.read.push(args.package.clone());
    confinement.read.extend(plan.packages().map(|it| it.package.clone()));
    confinement.read.extend(args.input.iter().chain(&plan.input).cloned());
    if let Some(output) = args.output.as_ref().or(plan.output.as_ref()) {
        confinement.write.push(directory_of(output));
    }
    if let Some(checkpoint) = &plan.checkpoint {
        // What was written is read again, and directories are opened to make their entries durable.
        confinement.write.push(checkpoint.directory.clone());
        confinement.read.extend(confinement.write.clone());
    }
    if kinds.contains(&RuntimeKind::Onnx) {
        confinement.read.extend(system_libraries());
        // Beside it lie the libraries of its execution providers. That there is none is told when a node needs it.
        let library = find_library(args.places.onnxruntime.as_deref()).ok();
        let real = library.as_ref().and_then(|it| it.canonicalize().ok());
        confinement.read.extend(library.iter().chain(&real).map(|it| directory_of(it)));
    }
    if kinds.contains(&RuntimeKind::PythonWasm) || kinds.contains(&RuntimeKind::Wasm) {
        let compiled = args.places.home().join("aot");
        let runner = args.places.runner();
        // Its files may be links, as in an installation for editing.
        confinement.read.extend(linked(&runner));
        confinement.read.push(runner);
        // Without it code is compiled each time.
        if made(&compiled) {
            confinement.read.push(compiled.clone());
            confinement.write.push(compiled);
        }
    }
}

/// Where the files of a directory really lie.
fn linked(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|it| it.ok()?.path().canonicalize().ok()).collect()
}

/// Whether a runtime's nodes live in processes of their own.
fn starts_children(kind: RuntimeKind, plan: &Plan) -> bool {
    match kind {
        RuntimeKind::Native | RuntimeKind::PythonWasm | RuntimeKind::Pipeline => false,
        RuntimeKind::Onnx => !plan.signer_trusted || plan.packages().any(|it| !it.signer_trusted),
        RuntimeKind::Wasm | RuntimeKind::Rustpython | RuntimeKind::Program | RuntimeKind::Python => true,
    }
}

/// What children need, which can only be less than this process has: each confines itself further.
fn children(confinement: &mut Confinement, args: &RunArgs, plan: &Plan) {
    confinement.read.extend(system_libraries());
    // Their memory is watched; of other processes landlock hides all that is not public.
    confinement.read.push("/proc".into());
    confinement.execute.push(args.places.rustpython());
    confinement.execute.extend(std::env::current_exe().ok());
    let mut pythons = plan.nodes.values().filter_map(|it| it.python.clone()).peekable();
    if pythons.peek().is_some() {
        let scratch = scratch(&args.places);
        confinement.read.push(scratch.clone());
        confinement.write.push(scratch);
    }
    for PythonPlan { interpreter, path, read } in pythons {
        let python = Python { interpreter, path, read };
        confinement.read.extend(python.reads());
        confinement.execute.push(python.interpreter);
    }
}

/// Where workers get their temporary directories: not among those of other programs, which this process may not write.
pub(crate) fn scratch(places: &Places) -> PathBuf {
    let own = places.home().join("tmp");
    match made(&own) {
        true => own,
        false => std::env::temp_dir(),
    }
}

/// Whether a directory is there, made for its owner alone if it was not. Rules can name only what exists.
fn made(directory: &Path) -> bool {
    DirBuilder::new().recursive(true).mode(0o700).create(directory).is_ok()
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
