//! The bodies a packet may carry.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

/// A packet's payload.
#[derive(Clone)]
pub enum Body {
    /// Samples with their rate.
    Audio(Audio),
    /// One picture.
    Video(Video),
    /// An n-dimensional array.
    Tensor(Tensor),
    /// UTF-8 text.
    Text(Arc<str>),
    /// Any other structured value.
    Json(Json),
    /// Opaque bytes.
    Bytes(Bytes),
    /// A value of the host language; never leaves the process it was made in.
    Object(Arc<dyn Foreign>),
}

/// A value of the host language.
pub trait Foreign: Any + Send + Sync {
    /// Its type and size in a few words, for messages; nothing of the content.
    fn summary(&self) -> String {
        "object of the host language".to_owned()
    }
}

/// The kind of a body, with its number in `schemas/node.wit` and `schemas/packet.proto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "each is the body variant of the same name")]
pub enum Kind {
    Audio = 1,
    Video = 2,
    Tensor = 3,
    Text = 4,
    Json = 5,
    Bytes = 6,
    Object = 7,
}

/// Samples of one stretch of sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    /// Element type of `data`.
    pub format: SampleFormat,
    /// Samples per second and channel, in Hz.
    pub rate: u32,
    /// Number of channels.
    pub channels: u16,
    /// How channels are laid out in `data`.
    pub layout: Layout,
    /// Little-endian samples, `frames * channels` of them.
    pub data: Bytes,
}

/// Element type of audio samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleFormat {
    /// 32-bit float, full scale ±1.
    F32,
    /// 16-bit signed integer.
    I16,
    /// 32-bit signed integer.
    I32,
}

/// Order of the samples of several channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// All samples of the first channel, then all of the second: shape `(C, N)`.
    Planar,
    /// One sample of each channel in turn: shape `(N, C)`.
    Interleaved,
}

/// One picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Video {
    /// Pixel format by its usual name: `rgb24`, `bgr24`, `gray8`, `yuv420p`, `nv12`.
    pub format: Arc<str>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Where each plane lies in `data`.
    pub planes: Vec<Plane>,
    /// The planes' bytes.
    pub data: Bytes,
}

/// One plane of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    /// Byte offset into the picture's data.
    pub offset: u64,
    /// Bytes from one row to the next.
    pub stride: u32,
}

/// An n-dimensional array, C-contiguous, little-endian.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Element type.
    pub dtype: Dtype,
    /// Length of each axis; empty for a scalar.
    pub shape: Vec<u64>,
    /// The elements.
    pub data: Bytes,
}

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are numpy's")]
pub enum Dtype {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    F32,
    F64,
}

/// A structured value: I-JSON text (RFC 7493) whose `$`-objects are described in `schemas/packet.md`,
/// and the buffers they point into.
#[derive(Clone, Debug, PartialEq)]
pub struct Json {
    /// The JSON text.
    pub text: Arc<str>,
    /// Arrays and bytes that the text refers to by byte offset.
    pub data: Bytes,
}

impl Body {
    /// What kind of body this is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Audio(_) => Kind::Audio,
            Self::Video(_) => Kind::Video,
            Self::Tensor(_) => Kind::Tensor,
            Self::Text(_) => Kind::Text,
            Self::Json(_) => Kind::Json,
            Self::Bytes(_) => Kind::Bytes,
            Self::Object(_) => Kind::Object,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audio(it) => it.fmt(f),
            Self::Video(it) => it.fmt(f),
            Self::Tensor(it) => it.fmt(f),
            Self::Text(it) => it.fmt(f),
            Self::Json(it) => it.fmt(f),
            Self::Bytes(it) => it.fmt(f),
            Self::Object(_) => f.write_str("Object(..)"),
        }
    }
}

impl PartialEq for Body {
    /// Objects are equal only to themselves.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Audio(a), Self::Audio(b)) => a == b,
            (Self::Video(a), Self::Video(b)) => a == b,
            (Self::Tensor(a), Self::Tensor(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Json(a), Self::Json(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}
