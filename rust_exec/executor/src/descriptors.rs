//! The descriptors that this process inherited: events, control, secrets, and whatever its caller forgot to close.

use std::fs::read_dir;
use std::os::fd::{BorrowedFd, RawFd};

use rustix::io::{FdFlags, fcntl_setfd};

use crate::failure::Failure;

/// Descriptors that a program is meant to have: standard input, output and error.
const STANDARD: RawFd = 3;

/// From now on no program that this process starts or becomes inherits any of them but the standard ones.
///
/// What this process opens itself is closed on `exec` from the start. To be called before there are threads.
///
/// # Errors
///
/// `RM629`: the system does not say which there are.
pub(crate) fn keep_to_itself() -> Result<(), Failure> {
    let unknown = |error: std::io::Error| {
        Failure::new("RM629", format!("expected this process's descriptors in `/dev/fd`, got: {error}"))
    };
    for entry in read_dir("/dev/fd").map_err(unknown)? {
        let name = entry.map_err(unknown)?.file_name();
        let number = name.to_str().and_then(|it| it.parse().ok());
        if let Some(number) = number.filter(|&it| it >= STANDARD) {
            close_on_exec(number);
        }
    }
    Ok(())
}

#[allow(unsafe_code, reason = "an inherited descriptor is a bare number, which nothing here owns")]
fn close_on_exec(number: RawFd) {
    // SAFETY: the system has just listed the number as open, and there is no other thread that could have closed it; it is
    // borrowed for one call, which takes, closes and moves nothing.
    let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
    // Refused for a number that is no descriptor alone, which nobody inherits.
    let _ = fcntl_setfd(descriptor, FdFlags::CLOEXEC);
}
