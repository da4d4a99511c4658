//! A program that is given as bytes: sealed in memory, so that what runs is what was checked, then executed.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;

use crate::confinement::{Applied, ConfineError, Confinement, Support};
use crate::elf::interpreter_in;
use crate::places::system_libraries;
use crate::program::exec_after;

/// What the file in memory is called where a process's memory is listed.
const FILE: &str = "program";

/// Read a program of `size` bytes, confine this process, then become it.
pub(crate) fn exec(confinement: &Confinement, name: &str, source: &mut dyn Read, size: u64) -> ConfineError {
    let image = match sealed(source, size) {
        Ok(image) => image,
        Err(error) => return ConfineError::Program { program: name.to_owned(), reason: error.to_string() },
    };
    let mut confinement = confinement.clone();
    // Landlock lets every process execute what lies in memory. Only who has a loader has libraries to read.
    confinement.execute = interpreter_in(&image).filter(|it| is_library(it)).into_iter().collect();
    if !confinement.execute.is_empty() {
        confinement.read.extend(system_libraries());
    }
    let mut command = Command::new(format!("/proc/self/fd/{}", image.as_raw_fd()));
    command.arg0(name).env_clear();
    match exec_after(&confinement, &mut command, whole) {
        ConfineError::Program { reason, .. } => ConfineError::Program { program: name.to_owned(), reason },
        other => other,
    }
}

/// The bytes as a file that nobody can change any more, and that has no name.
fn sealed(source: &mut dyn Read, size: u64) -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let descriptor = match memfd_create(FILE, flags | MemfdFlags::EXEC) {
        // Linux before 6.3 has no such flag, and needs none.
        Err(Errno::INVAL) => memfd_create(FILE, flags),
        made => made,
    }?;
    let mut file = File::from(descriptor);
    let copied = io::copy(&mut source.take(size), &mut file)?;
    if copied != size {
        return Err(io::Error::other(format!("expected {size} bytes, got {copied}")));
    }
    fcntl_add_seals(&file, SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE)?;
    Ok(file)
}

/// Native code of a stranger is never run half confined: where a wall is missing, nothing is run.
fn whole(applied: &Applied) -> Result<(), ConfineError> {
    Support { landlock_abi: applied.landlock, seccomp: applied.seccomp }.of_programs()
}

/// Whether a loader is one of the system's: a program may name any file as its own.
fn is_library(loader: &Path) -> bool {
    let is_plain = loader.components().all(|it| !matches!(it, std::path::Component::ParentDir));
    is_plain && system_libraries().iter().any(|it| loader.starts_with(it))
}
