//! Packages as they should be, and as they should not.

mod hostile;
mod open;
mod support;
