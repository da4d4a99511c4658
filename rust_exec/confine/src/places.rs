//! Where things lie that confined programs need.

use std::path::PathBuf;

/// Shared libraries, and what their loader needs.
pub fn system_libraries() -> Vec<PathBuf> {
    ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ld-musl-x86_64.path"]
        .map(PathBuf::from)
        .to_vec()
}

/// What a program reads that looks up hosts and checks their certificates.
///
/// Lookups need datagrams, which no confined process has, unless the C library is told to make them over TCP, by
/// `RES_OPTIONS=use-vc`, and may connect to [`NAME_SERVICE_PORT`].
pub fn name_service() -> Vec<PathBuf> {
    [
        "/etc/resolv.conf",
        "/etc/hosts",
        "/etc/host.conf",
        "/etc/nsswitch.conf",
        "/etc/gai.conf",
        "/etc/services",
        "/etc/ssl",
        "/usr/share/ca-certificates",
    ]
    .map(PathBuf::from)
    .to_vec()
}

/// Where name servers listen.
pub const NAME_SERVICE_PORT: u16 = 53;

/// The files that stand for a device that may be granted: `gpu`, `camera`, `microphone` or `speaker`.
pub fn devices(name: &str) -> Vec<PathBuf> {
    let prefixes: &[&str] = match name {
        "gpu" => &["nvidia", "dri", "kfd"],
        "camera" => &["video", "media"],
        "microphone" | "speaker" => &["snd"],
        _ => &[],
    };
    let entries = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let is_meant = |name: &str| prefixes.iter().any(|it| name.starts_with(it));
    entries.filter(|it| it.file_name().to_str().is_some_and(is_meant)).map(|it| it.path()).collect()
}
