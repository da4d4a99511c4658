//! Seccomp: which system calls are refused, or, for [`Profile::Pure`], which are left.
//!
//! `Pure` has a list of what is allowed: its programs are ours, and what they need is known. `Executor` and `Worker` run
//! whatever a native wheel or a media library brings; a list of what they may call would break with every release of the C
//! library, so they have a list of what is refused, by family, while landlock governs what calls can reach.
//! A refused call fails with `EPERM`, which Python turns into an exception with a line number; calls that no honest
//! node makes (`ptrace`, `mount`, `kexec` …) end the process, so that nothing is probed twice.

mod allow;
mod deny;
mod rule;

use rustix::io::Errno;
use rustix::thread::secure_computing_mode;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter_all_threads, sock_filter};

use crate::confinement::{Applied, ConfineError, Confinement, Profile};
use rule::Rules;

/// What the process may execute.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exec {
    /// Nothing, and it starts no processes.
    Never,
    /// The path whose text stands at this address: the trampoline's own next step and no later one.
    Path(u64),
    /// Whatever landlock lets it.
    Any,
}

/// Whether this kernel filters system calls and their numbers are known for this processor.
pub(crate) fn supported() -> bool {
    architecture().is_some() && secure_computing_mode().is_ok()
}

/// Filter the calls of all threads of this process.
pub(crate) fn apply(confinement: &Confinement, exec: Exec, applied: &mut Applied) -> Result<(), ConfineError> {
    let refused = |reason: String| ConfineError::Refused { step: "seccomp", reason };
    let Some(arch) = architecture().filter(|_| supported()) else {
        applied.missing.push("system calls: this kernel or processor has no filter that we know".to_owned());
        return Ok(());
    };
    for (index, program) in programs(confinement, exec, arch).map_err(refused)?.iter().enumerate() {
        let program = if index == 0 { native_only(program) } else { program.clone() };
        apply_filter_all_threads(&program).map_err(|e| refused(e.to_string()))?;
    }
    applied.seccomp = true;
    Ok(())
}

/// The filters, in the order they are installed: each later one is subject to those before it, so the strict come last.
/// Where several speak, the kernel takes the severest word.
fn programs(confinement: &Confinement, exec: Exec, arch: TargetArch) -> Result<Vec<BpfProgram>, String> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let denied = Errno::PERM.raw_os_error().unsigned_abs();
    let absent = Errno::NOSYS.raw_os_error().unsigned_abs();
    let allow = SeccompAction::Allow;
    let mut filters = vec![
        (deny::absent(), allow.clone(), SeccompAction::Errno(absent)),
        (deny::deadly(), allow.clone(), SeccompAction::KillProcess),
    ];
    filters.push(match confinement.profile {
        Profile::Executor => (deny::executor(confinement, exec), allow, SeccompAction::Errno(denied)),
        Profile::Worker => (deny::worker(confinement, exec, own), allow, SeccompAction::Errno(denied)),
        Profile::Pure => (allow::pure(confinement, exec, own), SeccompAction::Errno(denied), allow),
    });
    let compile = |(rules, otherwise, matched): (Rules, SeccompAction, SeccompAction)| {
        let filter = SeccompFilter::new(rules.0, otherwise, matched, arch).map_err(|e| e.to_string())?;
        BpfProgram::try_from(filter).map_err(|e| e.to_string())
    };
    filters.into_iter().map(compile).collect()
}

fn architecture() -> Option<TargetArch> {
    match std::env::consts::ARCH {
        "x86_64" => Some(TargetArch::x86_64),
        "aarch64" => Some(TargetArch::aarch64),
        _ => None,
    }
}

/// Before a filter: on x86-64 every call exists once more, under its x32 number, which the filters would not know.
fn native_only(program: &[sock_filter]) -> BpfProgram {
    const LOAD_NUMBER: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    const X32: u32 = 0x4000_0000;
    let absent = u32::from(SeccompAction::Errno(Errno::NOSYS.raw_os_error().unsigned_abs()));
    let mut whole = vec![
        sock_filter { code: LOAD_NUMBER, jt: 0, jf: 0, k: 0 },
        sock_filter { code: JUMP_IF_AT_LEAST, jt: 0, jf: 1, k: X32 },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: absent },
    ];
    whole.extend_from_slice(program);
    whole
}
