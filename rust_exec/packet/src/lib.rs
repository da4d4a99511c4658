//! The packet: the one unit that travels along an edge, and its one encoding.
//!
//! What a Python value becomes, and what it arrives as, is the total table of `schemas/packet.md`.
//!
//! ```
//! use remotemedia_packet::{Audio, Body, Packet, jsonl, wire};
//!
//! let packet = Packet::new(Body::Audio(Audio::from_planar_f32(vec![0.0; 512], 16_000, 1)));
//! assert_eq!(packet.summary(), "audio f32, 1 x 512 at 16000 Hz");
//! assert_eq!(wire::decode(wire::encode(&packet, 0)?)?, (0, packet.clone()));
//! assert_eq!(jsonl::from_line(&jsonl::to_line(&packet, false)?, false)?, packet);
//! # Ok::<(), remotemedia_packet::PacketError>(())
//! ```
//!
//! # Layout
//!
//! - `body`: the bodies a packet may carry, and their element types
//! - `audio`, `tensor`: typed access to samples and elements; `memory`: vectors as shared bytes and back
//! - `check`: whether a body's data is what its description says; `json`: the same for the text of a `json` body;
//!   `scan`: text before it is parsed
//! - `flat`: a packet as the ten values that cross into a sandbox (`schemas/node.wit`); `head`: the one that describes data
//! - `value`: a packet as the Python value that it is to a node
//! - `written`: packets as a Python guest writes them
//! - `wire`: a packet as a protobuf message (`schemas/packet.proto`); `bounds`: long ones before they are read
//! - `jsonl`: a packet as one JSON line, for people and for pipes
//! - `summary`: a packet in one line, for messages

mod audio;
mod body;
mod bounds;
mod check;
mod error;
mod flat;
mod head;
mod json;
pub mod jsonl;
mod memory;
mod scan;
mod summary;
mod tensor;
mod value;
pub mod wire;
pub mod written;

pub use body::{Audio, Body, Dtype, Foreign, Json, Kind, Layout, Plane, SampleFormat, Tensor, Video};
pub use error::PacketError;
pub use flat::Flat;
pub use tensor::Element;
pub use value::Value;

use std::sync::Arc;

/// One unit of data on an edge.
///
/// Cloning is cheap: payloads are shared, never copied.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// Which of several streams of one edge this belongs to; 0 where there is only one.
    pub stream: u32,
    /// Position in the stream, counted from 0 by the edge it travels on.
    pub seq: u64,
    /// Presentation time in nanoseconds since the start of the stream, if the data has one.
    pub pts_ns: Option<i64>,
    /// How long the data lasts, in nanoseconds, if that is known.
    pub duration_ns: Option<i64>,
    /// The session this belongs to, for nodes that keep state per session.
    pub session: Option<Arc<str>>,
    /// W3C trace context (`traceparent`), carried from input to output.
    pub trace: Option<Arc<str>>,
    /// The third member of an `(array, rate, meta)` value, as a JSON object.
    pub meta: Option<Arc<str>>,
    /// The payload.
    pub body: Body,
}

impl Packet {
    /// A packet at the start of stream 0 without times.
    #[must_use]
    pub fn new(body: Body) -> Self {
        Self { stream: 0, seq: 0, pts_ns: None, duration_ns: None, session: None, trace: None, meta: None, body }
    }

    /// A packet with another body, and everything else of this one: what a node emits for its input.
    #[must_use]
    pub fn with_body(&self, body: Body) -> Self {
        Self { body, meta: None, ..self.clone() }
    }

    /// The same with its sound as planes, as Python sees it: an array of shape `(C, N)`.
    #[must_use]
    pub fn into_planar(self) -> Self {
        match self.body {
            Body::Audio(audio) => Self { body: Body::Audio(audio.into_planar()), ..self },
            body => Self { body, ..self },
        }
    }
}
