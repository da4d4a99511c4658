//! Python nodes in the real runner: values, results, imports, and hostile code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a failing test says where")]

mod hostile;
mod imports;
mod limits;
mod results;
mod snapshots;
mod soak;
mod speed;
mod streaming;
mod support;
mod values;
