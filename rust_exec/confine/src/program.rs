//! The trampoline's last step: become a program that cannot become another.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::calls::Exec;
use crate::confinement::{ConfineError, Confinement};

/// Longest path of a loader.
const MAX_PATH: usize = 4096;
/// Most program headers that are looked at.
const MAX_HEADERS: u16 = 64;
/// `PT_INTERP` of the ELF specification.
const PT_INTERP: u32 = 3;

/// Confine this process, then become the program.
pub(crate) fn exec(confinement: &Confinement, command: &mut Command) -> ConfineError {
    let program = PathBuf::from(command.get_program());
    let failed = |reason: String| ConfineError::Program { program: program.display().to_string(), reason };
    if !program.is_absolute() {
        return failed("expected an absolute path".to_owned());
    }
    let mut confinement = confinement.clone();
    confinement.read.push(program.clone());
    confinement.execute = vec![program.clone()];
    // The filter lets one `execve` through: the one whose path stands at this very address, which the program
    // that follows, in an address space of its own, does not know. `exec` passes on the text that
    // `get_program` shows.
    let path = command.get_program().as_encoded_bytes().as_ptr() as u64;
    match confinement.apply_with(Exec::Path(path)) {
        Ok(_) => failed(command.exec().to_string()),
        Err(error) => error,
    }
}

/// The loader that a 64-bit little-endian ELF program names; none if it is linked statically or is something else.
pub(crate) fn interpreter(program: &Path) -> Option<PathBuf> {
    let file = File::open(program).ok()?;
    let mut header = [0; 64];
    file.read_exact_at(&mut header, 0).ok()?;
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (offset, size, count) = (u64_at(&header, 32)?, u16_at(&header, 54)?, u16_at(&header, 56)?);
    for index in 0..count.min(MAX_HEADERS) {
        let mut entry = [0; 56];
        let place = offset.checked_add(u64::from(index) * u64::from(size))?;
        file.read_exact_at(&mut entry, place).ok()?;
        if entry.first_chunk().copied().map(u32::from_le_bytes) != Some(PT_INTERP) {
            continue;
        }
        let length = usize::try_from(u64_at(&entry, 32)?).ok().filter(|&it| it <= MAX_PATH)?;
        let mut path = vec![0; length];
        file.read_exact_at(&mut path, u64_at(&entry, 8)?).ok()?;
        let text = String::from_utf8(path).ok()?;
        return Some(PathBuf::from(text.trim_end_matches('\0')));
    }
    None
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}
