//! A packet as the ten values that cross into a sandbox (`schemas/node.wit`).

use std::sync::Arc;

use bytes::Bytes;

use crate::body::{Body, Json, Kind};
use crate::error::PacketError;
use crate::head::{self, AudioHead, TensorHead, VideoHead};
use crate::{Packet, json};

/// What stands for no time: the least s64.
pub(crate) const NO_TIME: i64 = i64::MIN;

/// A packet as ten plain values; the fields' meanings are those of `schemas/node.wit`.
///
/// The trace is not among them: whoever calls a sandbox gives it to what comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flat {
    /// Index of the port.
    pub port: u32,
    /// Which of several streams of the edge.
    pub stream: u32,
    /// Position in the stream.
    pub seq: u64,
    /// Presentation time in nanoseconds; the least s64 means none.
    pub pts: i64,
    /// Duration in nanoseconds; the least s64 means none.
    pub duration: i64,
    /// The body's kind, by [`Kind`]'s numbers.
    pub kind: u32,
    /// The text of a text or json body, else a JSON object that describes `data`.
    pub head: String,
    /// A JSON object beside the body; empty means none.
    pub meta: String,
    /// The session; empty means none.
    pub session: String,
    /// The payload.
    pub data: Bytes,
}

impl Flat {
    /// The ten values of a packet for one port; the payload is shared, not copied.
    ///
    /// # Errors
    ///
    /// `RM605` for an object, which never leaves its process.
    pub fn from_packet(packet: &Packet, port: u32) -> Result<Self, PacketError> {
        let (head, data) = match &packet.body {
            Body::Audio(audio) => (head::of_audio(audio), audio.data.clone()),
            Body::Video(video) => (head::of_video(video), video.data.clone()),
            Body::Tensor(tensor) => (head::of_tensor(tensor), tensor.data.clone()),
            Body::Text(text) => (text.to_string(), Bytes::new()),
            Body::Json(json) => (json.text.to_string(), json.data.clone()),
            Body::Bytes(bytes) => (String::new(), bytes.clone()),
            Body::Object(_) => return Err(object()),
        };
        let owned = |text: &Option<Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
        Ok(Self {
            port,
            stream: packet.stream,
            seq: packet.seq,
            pts: packet.pts_ns.unwrap_or(NO_TIME),
            duration: packet.duration_ns.unwrap_or(NO_TIME),
            kind: packet.body.kind() as u32,
            head,
            meta: owned(&packet.meta),
            session: owned(&packet.session),
            data,
        })
    }

    /// The port and the packet, once the values are known to be one.
    ///
    /// # Errors
    ///
    /// `RM605` for values that `schemas/packet.md` does not allow: an unknown kind, a malformed head, data of another
    /// size than the head says, JSON that is not I-JSON.
    pub fn into_packet(self) -> Result<(u32, Packet), PacketError> {
        let Self { kind, head, data, .. } = self;
        let body = match kind {
            1 => Body::Audio(head::parse::<AudioHead>(&head)?.body(data)?),
            2 => Body::Video(head::parse::<VideoHead>(&head)?.body(data)),
            3 => Body::Tensor(head::parse::<TensorHead>(&head)?.body(data)?),
            4 => Body::Text(unless(!data.is_empty(), "no data beside text", head)?.into()),
            5 => Body::Json(Json { text: head.into(), data }),
            6 => Body::Bytes(unless(!head.is_empty(), "an empty head of bytes", data)?),
            _ => return Err(PacketError::new(format!("expected a kind from 1 to 6, got {kind}"))),
        };
        let packet = Packet {
            stream: self.stream,
            seq: self.seq,
            pts_ns: time(self.pts),
            duration_ns: time(self.duration),
            session: present(self.session),
            trace: None,
            meta: present(self.meta),
            body,
        };
        packet.check()?;
        Ok((self.port, packet))
    }
}

impl Packet {
    /// That every reader may rely on body and metadata.
    ///
    /// # Errors
    ///
    /// `RM605`, as [`Body::check`]; also for `meta` that is no JSON object.
    pub fn check(&self) -> Result<(), PacketError> {
        if let Some(meta) = &self.meta {
            json::check_meta(meta)?;
        }
        self.body.check()
    }
}

pub(crate) fn object() -> PacketError {
    let kind = Kind::Object.name();
    PacketError::new(format!("expected a value that can leave its process, got an {kind} of the host language"))
}

fn unless<T>(refused: bool, expected: &str, value: T) -> Result<T, PacketError> {
    if refused { Err(PacketError::new(format!("expected {expected}, got some"))) } else { Ok(value) }
}

fn time(value: i64) -> Option<i64> {
    (value != NO_TIME).then_some(value)
}

pub(crate) fn present(text: String) -> Option<Arc<str>> {
    (!text.is_empty()).then(|| text.into())
}
