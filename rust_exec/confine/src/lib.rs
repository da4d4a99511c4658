//! Confinement of a process by its own system: what it may open, which system calls it may make, how much it may use.
//!
//! ```no_run
//! use remotemedia_confine::{Confinement, Profile};
//!
//! let confinement = Confinement {
//!     read: vec!["/srv/models".into()],
//!     profile: Profile::Worker,
//!     memory: Some(512 << 20),
//!     ..Confinement::default()
//! };
//! let applied = confinement.apply()?; // this process, for ever
//! for what in &applied.missing {
//!     // this system cannot confine it: tell the user once
//! }
//! # Ok::<(), remotemedia_confine::ConfineError>(())
//! ```
//!
//! A foreign program is confined by a trampoline: `remotemedia-executor confined --confinement JSON -- PROGRAM ARGS`
//! calls [`Confinement::exec`]. Nothing runs between `fork` and `exec`, so any thread may start it.
//!
//! # Layout
//!
//! - `confinement`: what is asked for, and what came into force
//! - `places`: where things lie that confined programs need
//! - `files`: landlock: files, programs, TCP ports, signals
//! - `calls`: seccomp: which system calls are refused, or, for `Pure`, which are left
//! - `limits`: resource limits, capabilities, death of the parent
//! - `program`: the trampoline's last step; `image`: the same for a program that is given as bytes
//! - `elf`: what a program says of itself

mod confinement;
mod elf;
mod places;

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod image;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod program;

pub use confinement::{Applied, ConfineError, Confinement, Profile, Support, support};
pub use elf::Elf;
pub use places::{NAME_SERVICE_PORT, devices, name_service, system_libraries};
