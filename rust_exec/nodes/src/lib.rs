//! The native nodes: each one file and one line of the registry, over the kernels.
//!
//! Values are what Python's classes of these names make of them. Sound of any format and layout is taken; what a kernel makes of samples is float32, planar, and sound that is only passed on
//! stays as it is. What is said of sound (`meta`) goes with it. State is kept for every stream and session on its own. A change
//! of rate or channels in mid-stream ends the kernel's stream and begins another.
//!
//! # Layout
//!
//! - `registry`: which nodes there are
//! - `source`, `mix`, `resample`, `window`, `buffer`, `format`, `extract`, `vad`, `detector`, `gain`, `gate`: the nodes for
//!   sound
//! - `pass_through`, `gather`, `arithmetic`, `calculator`, `text_processor`, `transform`, `converter`: those for other values
//! - `values`, `numbers`: packets as values of Python; `plain`, `repr`: these as data and as text; `told`: what is said of a
//!   node beside its results
//! - `cut`: what windows and chunks have in common
//! - `sound`: a file of sound as packets
//! - `params`: a node's parameters, with the table's defaults
//! - `access`: which files a node may read
//! - `samples`: a packet's samples as the kernels want them
//! - `meta`: what is said of sound
//! - `clock`: times counted in frames
//! - `streams`: state for every stream; `state`: the same as bytes

mod access;
mod arithmetic;
mod buffer;
mod calculator;
mod clock;
mod converter;
mod cut;
mod detector;
mod extract;
mod format;
mod gain;
mod gate;
mod gather;
mod meta;
mod mix;
mod numbers;
mod params;
mod pass_through;
mod plain;
mod registry;
mod repr;
mod resample;
mod samples;
mod sound;
mod source;
mod state;
mod streams;
mod text_processor;
mod told;
mod transform;
mod vad;
mod values;
mod window;

pub use converter::Format;
pub use registry::NativeRuntime;
pub use sound::{Sound, sound};
