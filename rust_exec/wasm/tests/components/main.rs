//! Components of the world `node`: one that does its work, one that does harm, and what is refused before it runs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failing test says where")]

mod binary;
mod gain;
mod gate;
mod hostile;
mod refused;
mod support;
