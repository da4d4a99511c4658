//! The trampoline's last step: become a program that cannot become another.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::calls::Exec;
use crate::confinement::{Applied, ConfineError, Confinement};

/// Confine this process, then become the program.
pub(crate) fn exec(confinement: &Confinement, command: &mut Command) -> ConfineError {
    let program = PathBuf::from(command.get_program());
    if !program.is_absolute() {
        let reason = "expected an absolute path".to_owned();
        return ConfineError::Program { program: program.display().to_string(), reason };
    }
    let mut confinement = confinement.clone();
    confinement.read.push(program.clone());
    confinement.execute = vec![program.clone()];
    exec_after(&confinement, command, |_| Ok(()))
}

/// Confine this process as it is told, and become the program, unless `check` says no to what came into force.
pub(crate) fn exec_after(
    confinement: &Confinement,
    command: &mut Command,
    check: impl FnOnce(&Applied) -> Result<(), ConfineError>,
) -> ConfineError {
    // The filter lets one `execve` through: the one whose path stands at this very address, which the program
    // that follows, in an address space of its own, does not know. `exec` passes on the text that
    // `get_program` shows.
    let path = command.get_program().as_encoded_bytes().as_ptr() as u64;
    match confinement.apply_with(Exec::Path(path)).and_then(|applied| check(&applied)) {
        Ok(()) => {
            let reason = command.exec().to_string();
            ConfineError::Program { program: command.get_program().to_string_lossy().into_owned(), reason }
        }
        Err(error) => error,
    }
}
