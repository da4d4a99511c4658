//! The head of a packet: a JSON object that describes its data (`schemas/packet.md`).

use std::fmt::Write;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::body::{Audio, Dtype, Layout, Plane, SampleFormat, Tensor, Video};
use crate::error::{PacketError, quote};

/// Bytes of the longest head that describes data: 64 axes of 20 digits fit.
const MAX_HEAD: usize = 4096;

/// The head of `audio`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AudioHead {
    format: String,
    rate: u32,
    channels: u16,
    layout: String,
}

/// The head of `tensor`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TensorHead {
    dtype: String,
    shape: Vec<u64>,
}

/// The head of `video`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VideoHead {
    format: Arc<str>,
    width: u32,
    height: u32,
    planes: Vec<PlaneHead>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaneHead {
    offset: u64,
    stride: u32,
}

/// Read a head.
pub(crate) fn parse<T: DeserializeOwned>(head: &str) -> Result<T, PacketError> {
    if head.len() > MAX_HEAD {
        return Err(PacketError::new(format!("expected a head of at most {MAX_HEAD} bytes, got {}", head.len())));
    }
    serde_json::from_str(head)
        .map_err(|error| PacketError::new(format!("expected a head as the table has it, got {}: {error}", quote(head))))
}

impl AudioHead {
    pub(crate) fn body(self, data: Bytes) -> Result<Audio, PacketError> {
        let format = match self.format.as_str() {
            "f32" => SampleFormat::F32,
            "i16" => SampleFormat::I16,
            "i32" => SampleFormat::I32,
            other => return Err(unknown("`f32`, `i16` or `i32`", other)),
        };
        let layout = match self.layout.as_str() {
            "planar" => Layout::Planar,
            "interleaved" => Layout::Interleaved,
            other => return Err(unknown("`planar` or `interleaved`", other)),
        };
        Ok(Audio { format, rate: self.rate, channels: self.channels, layout, data })
    }
}

fn unknown(expected: &str, got: &str) -> PacketError {
    PacketError::new(format!("expected {expected}, got {}", quote(got)))
}

impl TensorHead {
    pub(crate) fn body(self, data: Bytes) -> Result<Tensor, PacketError> {
        Ok(Tensor { dtype: self.dtype.parse::<Dtype>()?, shape: self.shape, data })
    }
}

impl VideoHead {
    pub(crate) fn body(self, data: Bytes) -> Video {
        let planes =
            self.planes.into_iter().map(|plane| Plane { offset: plane.offset, stride: plane.stride }).collect();
        Video { format: self.format, width: self.width, height: self.height, planes, data }
    }
}

impl Layout {
    /// The name in a packet's head.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Planar => "planar",
            Self::Interleaved => "interleaved",
        }
    }
}

pub(crate) fn of_audio(audio: &Audio) -> String {
    let (format, layout) = (audio.format.name(), audio.layout.name());
    let (rate, channels) = (audio.rate, audio.channels);
    format!(r#"{{"format":"{format}","rate":{rate},"channels":{channels},"layout":"{layout}"}}"#)
}

pub(crate) fn of_tensor(tensor: &Tensor) -> String {
    let mut head = format!(r#"{{"dtype":"{}","shape":["#, tensor.dtype.name());
    join(&mut head, tensor.shape.iter().map(u64::to_string));
    head + "]}"
}

pub(crate) fn of_video(video: &Video) -> String {
    let (format, width, height) = (serde_json::Value::from(&*video.format), video.width, video.height);
    let mut head = format!(r#"{{"format":{format},"width":{width},"height":{height},"planes":["#);
    let planes = video.planes.iter();
    join(&mut head, planes.map(|plane| format!(r#"{{"offset":{},"stride":{}}}"#, plane.offset, plane.stride)));
    head + "]}"
}

fn join(text: &mut String, items: impl Iterator<Item = String>) {
    for (index, item) in items.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{item}");
    }
}
