//! What is asked for, and what came into force.

use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// What a process may still do once it is confined. Everything that is not named is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Confinement {
    /// Files, and directories with all below them, that may be read. A path that does not exist allows nothing.
    pub read: Vec<PathBuf>,
    /// Files and directories that may be written, made, renamed and removed; reading them is `read`'s.
    pub write: Vec<PathBuf>,
    /// Programs that may be executed ([`Profile::Executor`] only). None: no processes are started at all.
    pub execute: Vec<PathBuf>,
    /// Devices, and directories of them, that may be read, written and told what to do; what does not exist allows nothing.
    pub devices: Vec<PathBuf>,
    /// TCP ports that may be connected to, on any host. None: no sockets.
    pub connect: Vec<u16>,
    /// Which system calls are left.
    pub profile: Profile,
    /// Private writable memory in bytes (`RLIMIT_DATA`); address space that is only reserved does not count.
    pub memory: Option<u64>,
    /// Address space in bytes (`RLIMIT_AS`), used or not: the tables of its pages are memory that nothing else counts.
    pub addresses: Option<u64>,
    /// Processor time in seconds, over all threads.
    pub cpu_seconds: Option<u64>,
    /// Largest file that may be written, in bytes.
    pub file_bytes: Option<u64>,
    /// Open descriptors.
    pub descriptors: Option<u64>,
}

/// Which system calls a process keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The executor itself: our code over strangers' data, children where `execute` names them.
    Executor,
    /// Host CPython with native wheels: threads, but no processes, no sockets unless `connect`.
    Worker,
    /// An interpreter or a model over descriptors it has: memory, threads and clocks, no files, no sockets.
    #[default]
    Pure,
}

/// What is in force now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Version of the landlock interface that governs files; `None`: files are not governed.
    pub landlock: Option<u32>,
    /// Whether system calls are filtered.
    pub seccomp: bool,
    /// What was asked for and this system cannot give, in words.
    pub missing: Vec<String>,
}

/// What this system can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Support {
    /// Version of its landlock interface.
    pub landlock_abi: Option<u32>,
    /// Whether it filters system calls, on a processor whose calls we know.
    pub seccomp: bool,
}

impl Support {
    /// Whether a stranger's native program can be confined: behind both walls, or not at all.
    ///
    /// # Errors
    ///
    /// [`ConfineError::Partial`]: a wall is missing.
    pub fn of_programs(&self) -> Result<(), ConfineError> {
        let missing = match (self.landlock_abi, self.seccomp) {
            (Some(_), true) => return Ok(()),
            (None, true) => "landlock",
            (Some(_), false) => "seccomp",
            (None, false) => "landlock and seccomp",
        };
        Err(ConfineError::Partial(missing))
    }
}

/// A confinement did not come into force; the process must not go on.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// Landlock confines one thread, and those it starts afterwards.
    #[error("expected one thread when a process confines itself, got {0}")]
    Threads(usize),
    /// What may run only where it is confined whole.
    #[error("expected a system with landlock and seccomp, which confine programs, got one without {0}")]
    Partial(&'static str),
    /// The system refused a step.
    #[error("{step}: {reason}")]
    Refused {
        /// What was tried.
        step: &'static str,
        /// The system's word.
        reason: String,
    },
    /// The confined program could not be started.
    #[error("`{program}` cannot be started: {reason}")]
    Program {
        /// As it was named.
        program: String,
        /// The system's word.
        reason: String,
    },
}

impl ConfineError {
    /// Its code in `schemas/errors.v1.json`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Threads(_) | Self::Partial(_) | Self::Refused { .. } => "RM629",
            Self::Program { .. } => "RM630",
        }
    }
}

#[cfg(target_os = "linux")]
mod imp {
    use super::{Applied, Command, ConfineError, Confinement, Support};
    use crate::calls::{self, Exec};
    use crate::{files, image, limits, program};

    impl Confinement {
        /// Confine this process, for ever: it must have one thread, and those it starts are confined with it.
        ///
        /// What the system cannot do is told in [`Applied::missing`], and is no error.
        pub fn apply(&self) -> Result<Applied, ConfineError> {
            let exec = if self.execute.is_empty() { Exec::Never } else { Exec::Any };
            self.apply_with(exec)
        }

        /// Confine this process and become a program, which cannot become another. Returns only if that failed.
        ///
        /// `command` has to name the program by a path with a slash.
        pub fn exec(&self, command: &mut Command) -> ConfineError {
            program::exec(self, command)
        }

        /// Confine this process and become a program that is given as `size` bytes, which cannot become another. Returns only
        /// if that failed; `name` is what the program is called, in errors and as its `argv[0]`.
        ///
        /// The program gets no other arguments and no environment. One that is linked dynamically may read the system's libraries
        /// and execute their loader. Where this system can confine only in part, nothing is run.
        pub fn exec_image(&self, name: &str, source: &mut dyn std::io::Read, size: u64) -> ConfineError {
            image::exec(self, name, source, size)
        }

        pub(crate) fn apply_with(&self, exec: Exec) -> Result<Applied, ConfineError> {
            limits::one_thread()?;
            let mut applied = Applied::default();
            limits::apply(self)?;
            files::apply(self, &mut applied)?;
            calls::apply(self, exec, &mut applied)?;
            Ok(applied)
        }
    }

    /// What this system can do.
    pub fn support() -> Support {
        Support { landlock_abi: files::abi(), seccomp: calls::supported() }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::os::unix::process::CommandExt as _;

    use super::{Applied, Command, ConfineError, Confinement, Support};

    impl Confinement {
        /// Nothing comes into force here, and [`Applied::missing`] says so.
        pub fn apply(&self) -> Result<Applied, ConfineError> {
            let missing = vec!["confinement: this system has neither landlock nor seccomp".to_owned()];
            Ok(Applied { missing, ..Applied::default() })
        }

        /// Become a program. Returns only if that failed.
        pub fn exec(&self, command: &mut Command) -> ConfineError {
            let program = command.get_program().to_string_lossy().into_owned();
            ConfineError::Program { program, reason: command.exec().to_string() }
        }

        /// Nothing can be confined here, so nothing is run.
        pub fn exec_image(&self, _name: &str, _source: &mut dyn std::io::Read, _size: u64) -> ConfineError {
            ConfineError::Partial("landlock and seccomp")
        }
    }

    /// What this system can do: nothing.
    pub fn support() -> Support {
        Support::default()
    }
}

pub use imp::support;
