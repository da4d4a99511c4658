//! The native nodes: each one file and one line of the registry, over the kernels.
//!
//! Sound of any format and layout is taken; what a kernel gives is float32, planar. State is kept for every stream and
//! session on its own. A change of rate or channels in mid-stream ends the kernel's stream and begins another.
//!
//! # Layout
//!
//! - `registry`: which nodes there are
//! - `source`, `mix`, `resample`, `window`: the nodes
//! - `sound`: a file of sound as packets
//! - `params`: a node's parameters, with the table's defaults
//! - `access`: which files a node may read
//! - `samples`: a packet's samples as the kernels want them
//! - `clock`: times counted in frames
//! - `streams`: state for every stream

mod access;
mod clock;
mod mix;
mod params;
mod registry;
mod resample;
mod samples;
mod sound;
mod source;
mod streams;
mod window;

pub use registry::NativeRuntime;
pub use sound::{Sound, sound};
