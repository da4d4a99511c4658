//! What it costs a process to confine itself, as JSON: `cargo run --release -p remotemedia-confine --example cost`.
#![allow(clippy::print_stdout, reason = "its figures are its output")]

use std::time::Instant;

use remotemedia_confine::{ConfineError, Confinement, Profile, system_libraries};

fn main() -> Result<(), ConfineError> {
    let mut read = system_libraries();
    read.extend(["/tmp", "/usr/share", "/var"].map(Into::into));
    let confinement = Confinement {
        read,
        write: vec!["/tmp".into()],
        execute: std::env::current_exe().into_iter().collect(),
        profile: Profile::Executor,
        ..Confinement::default()
    };
    let started = Instant::now();
    let applied = confinement.apply()?;
    let nanoseconds = started.elapsed().as_nanos();
    let calls = 1_000_000;
    let started = Instant::now();
    for _ in 0..calls {
        std::hint::black_box(rustix::process::getppid());
    }
    let call = started.elapsed().as_nanos() / calls;
    println!(r#"{{"apply_ns": {nanoseconds}, "seccomp": {}, "call_ns": {call}}}"#, applied.seccomp);
    Ok(())
}
