//! What a process takes of the machine.

/// What the system says of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Bytes that are resident and not mapped from files, with the tables of its pages.
    pub(crate) memory: u64,
    /// Its threads.
    pub(crate) threads: u64,
}

/// What a process takes.
///
/// None where the system does not say: elsewhere than on Linux, or once the process has ended.
pub(crate) fn of(pid: u32) -> Option<Load> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let number = |name: &str| {
        let line = status.lines().find_map(|it| it.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let others = ["RssShmem:", "VmPTE:"].iter().filter_map(|it| number(it)).sum::<u64>();
    Some(Load { memory: (number("RssAnon:")? + others) << 10, threads: number("Threads:")? })
}
