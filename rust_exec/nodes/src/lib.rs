//! The native nodes: each one file and one line of the registry, over the kernels.
//!
//! Sound of any format and layout is taken; what a kernel makes of samples is float32, planar, and sound that is only passed on
//! stays as it is. What is said of sound (`meta`) goes with it. State is kept for every stream and session on its own. A change
//! of rate or channels in mid-stream ends the kernel's stream and begins another.
//!
//! # Layout
//!
//! - `registry`: which nodes there are
//! - `source`, `mix`, `resample`, `window`, `buffer`, `format`, `extract`, `vad`, `detector`: the nodes
//! - `cut`: what windows and chunks have in common
//! - `sound`: a file of sound as packets
//! - `params`: a node's parameters, with the table's defaults
//! - `access`: which files a node may read
//! - `samples`: a packet's samples as the kernels want them
//! - `meta`: what is said of sound
//! - `clock`: times counted in frames
//! - `streams`: state for every stream; `state`: the same as bytes

mod access;
mod buffer;
mod clock;
mod cut;
mod detector;
mod extract;
mod format;
mod meta;
mod mix;
mod params;
mod registry;
mod resample;
mod samples;
mod sound;
mod source;
mod state;
mod streams;
mod vad;
mod window;

pub use registry::NativeRuntime;
pub use sound::{Sound, sound};
