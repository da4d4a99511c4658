//! Signal, text and arithmetic work as plain functions and small state machines: no packets, no threads, no engine.
//!
//! Sound is float32, full scale ±1, planar: all samples of the first channel, then all of the second ([`Planar`], [`Planes`]).
//! What is streamed gives the same samples however its input is cut into pieces.
//!
//! ```
//! use remotemedia_kernels::{Planar, Quality, Resampler};
//!
//! let mut resampler = Resampler::new(48_000, 16_000, 1, Quality::High)?;
//! let second = Planar::silence(1, 48_000);
//! let head = resampler.process(second.planes())?;
//! let tail = resampler.flush()?;
//! assert_eq!(head.frames() + tail.frames(), 16_000);
//! # Ok::<(), remotemedia_kernels::KernelError>(())
//! ```
//!
//! # Layout
//!
//! - `planar`: blocks of sound; `room`: memory for large ones
//! - `gain`: how loud sound is; `gate`: silence where it is quiet
//! - `convert`: samples of one type as those of another
//! - `mix`: the number of channels
//! - `resample`: the sample rate
//! - `spectral`: one block of a change of rate
//! - `window`: windows of equal length
//! - `chunk`: chunks of equal length, whatever the samples are
//! - `vad`: voice activity
//! - `decode`: wav, flac, mp3 and ogg files
//! - `pcm`: what needs no codec of it
//! - `encode`: wav files
//! - `arithmetic`: numbers as Python has them; `elementwise`: arrays of them
//! - `text`: what Python's `str` does; `casing`: letters in another case
//! - `state`: what a stream keeps, as bytes
//! - `error`: what a kernel refuses

mod arithmetic;
mod casing;
mod chunk;
mod convert;
mod decode;
mod elementwise;
mod encode;
mod error;
mod gain;
mod gate;
mod mix;
mod pcm;
mod planar;
mod resample;
mod room;
mod spectral;
mod state;
mod text;
mod vad;
mod window;

pub use arithmetic::{Number, Operation};
pub use chunk::Chunker;
pub use convert::{
    SampleType, convert, f32_from_i16, f32_from_i32, i16_from_f32, i16_from_i32, i32_from_f32, i32_from_i16,
};
pub use decode::Decoder;
pub use elementwise::{Change, ElementType, each};
pub use encode::{WavFormat, WavWriter};
pub use error::KernelError;
pub use gain::{factor_of_db, gain};
pub use gate::{Gate, GateTimes};
pub use mix::mix;
pub use planar::{MAX_CHANNELS, MAX_RATE, MIN_RATE, Planar, Planes};
pub use resample::{Quality, Resampler};
pub use room::with_room;
pub use state::{Saved, loaded, saved};
pub use text::{TextOperation, TextResult};
pub use vad::{Activity, Detector, Verdict, activity, stretch};
pub use window::Windower;
