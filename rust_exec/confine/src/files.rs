//! Landlock: files, programs, TCP ports and signals. See `Documentation/userspace-api/landlock.rst` of Linux.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, RestrictSelf, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use crate::confinement::{Applied, ConfineError, Confinement, Profile};
use crate::elf::interpreter_of;

/// The newest interface whose rights are known here; an older kernel enforces what it knows of them.
const NEWEST: ABI = ABI::V9;

/// What programs and their libraries ask about the machine, and nobody minds.
const MACHINE: [&str; 10] = [
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
];

/// The kernel's interface, without restricting anything.
pub(crate) fn abi() -> Option<u32> {
    let status = RestrictSelf::default().no_new_privs(false).apply().ok()?;
    match status.landlock {
        LandlockStatus::Available { effective_abi, kernel_abi } => {
            Some(kernel_abi.and_then(|it| u32::try_from(it).ok()).unwrap_or(effective_abi as u32))
        }
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => None,
    }
}

/// Govern files, ports and signals of this thread and of those it starts.
pub(crate) fn apply(confinement: &Confinement, applied: &mut Applied) -> Result<(), ConfineError> {
    let refused = |e: RulesetError| ConfineError::Refused { step: "landlock", reason: e.to_string() };
    let status = ruleset(confinement).and_then(RulesetCreated::restrict_self).map_err(refused)?;
    if status.ruleset == RulesetStatus::NotEnforced {
        applied.missing.push("files: this kernel has no landlock".to_owned());
        return Ok(());
    }
    let abi = abi();
    applied.landlock = abi;
    if abi.is_some_and(|it| it < 4) && !confinement.connect.is_empty() {
        applied.missing.push("network: landlock before version 4 cannot tell ports apart".to_owned());
    }
    if abi.is_some_and(|it| it < 6) && confinement.profile == Profile::Executor {
        applied.missing.push("signals: landlock before version 6 does not keep them inside".to_owned());
    }
    Ok(())
}

fn ruleset(confinement: &Confinement) -> Result<RulesetCreated, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(&confinement.read, read))?
        .add_rules(path_beneath_rules(&confinement.write, writing()))?
        .add_rules(path_beneath_rules(programs(&confinement.execute), AccessFs::Execute | AccessFs::ReadFile))?;
    let device = read | AccessFs::WriteFile | AccessFs::IoctlDev;
    rules = rules.add_rules(path_beneath_rules(&confinement.devices, device))?;
    if confinement.profile != Profile::Pure {
        rules = rules
            .add_rules(path_beneath_rules(MACHINE, read))?
            .add_rules(path_beneath_rules(["/dev/null"], AccessFs::WriteFile | AccessFs::Truncate))?;
    }
    for &port in &confinement.connect {
        rules = rules.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
    }
    Ok(rules)
}

/// Making and changing files. No links, pipes, sockets and devices: they could reach out of what was granted.
fn writing() -> BitFlags<AccessFs> {
    AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer
}

/// Programs with the loaders they name, without which the kernel cannot start them.
fn programs(execute: &[PathBuf]) -> Vec<PathBuf> {
    let loaders = execute.iter().filter_map(|it: &PathBuf| interpreter_of(Path::new(it)));
    execute.iter().cloned().chain(loaders).collect()
}
