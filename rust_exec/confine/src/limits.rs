//! Resource limits, capabilities, and the death of the parent.

use rustix::process::{Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

use crate::confinement::{ConfineError, Confinement, Profile};

/// Landlock and capabilities belong to a thread: whoever already runs beside it would stay free.
pub(crate) fn one_thread() -> Result<(), ConfineError> {
    // Without a `/proc` nobody can tell.
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 { Err(ConfineError::Threads(threads)) } else { Ok(()) }
}

/// Bound what the process may use, and drop what it does not need.
pub(crate) fn apply(confinement: &Confinement) -> Result<(), ConfineError> {
    let limits = [
        (Resource::Core, Some(0)),
        (Resource::Data, confinement.memory),
        (Resource::As, confinement.addresses),
        (Resource::Cpu, confinement.cpu_seconds),
        (Resource::Fsize, confinement.file_bytes),
        (Resource::Nofile, confinement.descriptors),
    ];
    for (resource, limit) in limits {
        let Some(limit) = limit else { continue };
        // A second on top lets the signal that says why come before the one that cannot be caught.
        let maximum = if resource == Resource::Cpu { limit.saturating_add(1) } else { limit };
        lower(resource, limit, maximum).map_err(|e| refused("resource limits", e))?;
    }
    if confinement.profile != Profile::Executor {
        // Kept over `exec`. It fires when the *thread* that started this process ends, which is why the
        // thread that owns a node starts its child.
        let parent = getppid();
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(|e| refused("death of the parent", e))?;
        if getppid() != parent {
            return Err(ConfineError::Refused { step: "death of the parent", reason: "it has died".to_owned() });
        }
    }
    drop_capabilities(confinement.profile)
}

/// Set a limit, never above what was allowed before.
fn lower(resource: Resource, soft: u64, hard: u64) -> rustix::io::Result<()> {
    let allowed = rustix::process::getrlimit(resource).maximum;
    let least = |limit: u64| Some(allowed.map_or(limit, |it| it.min(limit)));
    setrlimit(resource, Rlimit { current: least(soft), maximum: least(hard) })
}

/// Root keeps its way through file permissions, so that it runs what it may read; landlock says which files.
fn drop_capabilities(profile: Profile) -> Result<(), ConfineError> {
    let files = CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
    let kept = if profile == Profile::Pure { CapabilitySet::empty() } else { files };
    let has = rustix::thread::capabilities(None).map_err(|e| refused("capabilities", e))?;
    let sets = CapabilitySets {
        effective: has.effective & kept,
        permitted: has.permitted & kept,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, sets).map_err(|e| refused("capabilities", e))
}

fn refused(step: &'static str, error: rustix::io::Errno) -> ConfineError {
    ConfineError::Refused { step, reason: error.to_string() }
}
