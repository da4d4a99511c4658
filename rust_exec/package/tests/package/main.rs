//! Packages as they should be, and as they should not.

mod fuzz;
mod hostile;
mod open;
mod support;
