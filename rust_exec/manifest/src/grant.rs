//! Grants: what a node may use beyond its sandbox.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use crate::names::is_address;

/// What the forms of a grant are, for messages.
pub(crate) const FORMS: &str = "`program`, `python`, `host`, `native`, `net=HOST:PORT`, `read=DIR`, `write=DIR`, `write=DIR:QUOTA` or `device=NAME`";

/// One thing that a node may use. `testdata/grants.json` has cases that Python reads too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Native programs of the package's author, each in a confined process without files and network.
    Program,
    /// The host's Python, in a confined process.
    Python,
    /// The host's Python, unconfined.
    Host,
    /// Native code of the package's author.
    Native,
    /// Connections to one address.
    Net {
        /// A name, an IPv4 address, or an IPv6 address in brackets; in lower case.
        host: String,
        /// TCP.
        port: u16,
    },
    /// Files below a directory.
    Read(PathBuf),
    /// Files below a directory, for writing.
    Write {
        /// Where.
        directory: PathBuf,
        /// Bytes.
        quota: Option<u64>,
    },
    /// A device of the machine: `gpu`, `camera`, `microphone` …
    Device(String),
}

impl Grant {
    /// Whether who has this may do what `wanted` asks for.
    #[must_use]
    pub fn covers(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Host, Self::Python) => true,
            (Self::Read(given), Self::Read(wanted)) => contains(given, wanted),
            (Self::Write { directory, quota }, Self::Write { directory: wanted, quota: most }) => {
                contains(directory, wanted) && quota.is_none_or(|quota| most.is_some_and(|most| most <= quota))
            }
            _ => self == wanted,
        }
    }
}

/// Whether a directory lies in another, by name; relative ones are relative to where this process runs.
fn contains(outer: &Path, inner: &Path) -> bool {
    let climbs = |it: &Path| it.components().any(|part| part == Component::ParentDir);
    match (std::path::absolute(outer), std::path::absolute(inner)) {
        (Ok(outer), Ok(inner)) if !climbs(&outer) && !climbs(&inner) => inner.starts_with(&outer),
        _ => outer == inner,
    }
}

impl FromStr for Grant {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once('=') {
            None if text == "program" => Ok(Self::Program),
            None if text == "python" => Ok(Self::Python),
            None if text == "host" => Ok(Self::Host),
            None if text == "native" => Ok(Self::Native),
            Some(("net", address)) if is_address(address) => {
                let (host, port) = address.rsplit_once(':').ok_or(())?;
                Ok(Self::Net { host: host.to_ascii_lowercase(), port: port.parse().map_err(|_| ())? })
            }
            Some(("read", path)) => directory(path).map(Self::Read),
            Some(("write", text)) => {
                let (path, quota) = match text.rsplit_once(':') {
                    Some((path, end)) if bytes(end).is_some() => (path, bytes(end)),
                    _ => (text, None),
                };
                directory(path).map(|directory| Self::Write { directory, quota })
            }
            Some(("device", name)) if is_device(name) => Ok(Self::Device(name.to_owned())),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("program"),
            Self::Python => f.write_str("python"),
            Self::Host => f.write_str("host"),
            Self::Native => f.write_str("native"),
            Self::Net { host, port } => write!(f, "net={host}:{port}"),
            Self::Read(directory) => write!(f, "read={}", directory.display()),
            Self::Write { directory, quota: None } => write!(f, "write={}", directory.display()),
            Self::Write { directory, quota: Some(quota) } => write!(f, "write={}:{quota}", directory.display()),
            Self::Device(name) => write!(f, "device={name}"),
        }
    }
}

fn directory(text: &str) -> Result<PathBuf, ()> {
    if text.is_empty() || text.contains(char::is_control) { Err(()) } else { Ok(PathBuf::from(text)) }
}

/// `4096`, `64K`, `10M` or `2G`, in powers of 1024.
fn bytes(text: &str) -> Option<u64> {
    let (digits, unit) = match text.chars().last()? {
        'K' => (text.strip_suffix('K')?, 1 << 10),
        'M' => (text.strip_suffix('M')?, 1 << 20),
        'G' => (text.strip_suffix('G')?, 1 << 30),
        _ => (text, 1),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (1..=15).contains(&digits.len());
    if plain { digits.parse::<u64>().ok()?.checked_mul(unit) } else { None }
}

fn is_device(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= 32 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(rest)
}
