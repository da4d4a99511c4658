//! How much memory a process has.

/// Memory of a process that is resident and not mapped from files, in bytes.
///
/// None where the system does not say: elsewhere than on Linux, or once the process has ended.
pub(crate) fn used(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|it| it.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    Some((kilobytes("RssAnon:")? + kilobytes("RssShmem:").unwrap_or(0)) << 10)
}
