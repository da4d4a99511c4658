//! A packet as a protobuf message (`schemas/packet.proto`): gRPC, data channels and child processes carry it.

use bytes::{Buf, Bytes};
use prost::Message;

use crate::Packet;
use crate::body::{self, Audio, Body, Dtype, Json, Layout, SampleFormat, Tensor, Video};
use crate::bounds;
use crate::error::PacketError;
use crate::flat::{object, present};

/// Bytes of the largest message that is read.
pub const MAX_MESSAGE: usize = 1 << 30;

#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated")]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/remotemedia.v1.rs"));
}

use proto::packet::Body as Carried;

/// Write a packet for one port.
///
/// # Errors
///
/// `RM605` for an object, which never leaves its process.
pub fn encode(packet: &Packet, port: u32) -> Result<Bytes, PacketError> {
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
    let message = proto::Packet {
        stream: packet.stream,
        seq: packet.seq,
        pts_ns: packet.pts_ns,
        duration_ns: packet.duration_ns,
        session: text(&packet.session),
        trace: text(&packet.trace),
        meta: text(&packet.meta),
        port,
        body: Some(carry(&packet.body)?),
    };
    Ok(message.encode_to_vec().into())
}

/// Read the port and the packet; from [`Bytes`] the payload is shared, not copied.
///
/// # Errors
///
/// `RM605` for bytes that are no such message, that are more than [`MAX_MESSAGE`], or whose body is not as
/// `schemas/packet.md` says.
pub fn decode(mut bytes: impl Buf) -> Result<(u32, Packet), PacketError> {
    if bytes.remaining() > MAX_MESSAGE {
        let got = bytes.remaining();
        return Err(PacketError::new(format!("expected a message of at most {MAX_MESSAGE} bytes, got {got}")));
    }
    let bytes = bytes.copy_to_bytes(bytes.remaining());
    bounds::check(&bytes)?;
    let message = proto::Packet::decode(bytes)
        .map_err(|error| PacketError::new(format!("expected a packet message, got something else: {error}")))?;
    let Some(body) = message.body else {
        return Err(PacketError::new("expected a body in the packet message, got none"));
    };
    let packet = Packet {
        stream: message.stream,
        seq: message.seq,
        pts_ns: time(message.pts_ns)?,
        duration_ns: time(message.duration_ns)?,
        session: present(message.session),
        trace: present(message.trace),
        meta: present(message.meta),
        body: uncarry(body)?,
    };
    packet.check()?;
    Ok((message.port, packet))
}

/// The least s64 stands for no time in `schemas/node.wit`, so it is none here.
fn time(value: Option<i64>) -> Result<Option<i64>, PacketError> {
    if value == Some(i64::MIN) {
        return Err(PacketError::new("expected a time above the least s64, got that"));
    }
    Ok(value)
}

fn carry(body: &Body) -> Result<Carried, PacketError> {
    Ok(match body {
        Body::Audio(audio) => Carried::Audio(proto::Audio {
            format: match audio.format {
                SampleFormat::F32 => proto::audio::Format::F32,
                SampleFormat::I16 => proto::audio::Format::I16,
                SampleFormat::I32 => proto::audio::Format::I32,
            }
            .into(),
            rate: audio.rate,
            channels: audio.channels.into(),
            layout: match audio.layout {
                Layout::Planar => proto::audio::Layout::Planar,
                Layout::Interleaved => proto::audio::Layout::Interleaved,
            }
            .into(),
            data: audio.data.clone(),
        }),
        Body::Video(video) => Carried::Video(proto::Video {
            format: video.format.to_string(),
            width: video.width,
            height: video.height,
            planes: (video.planes.iter())
                .map(|plane| proto::video::Plane { offset: plane.offset, stride: plane.stride })
                .collect(),
            data: video.data.clone(),
        }),
        Body::Tensor(tensor) => Carried::Tensor(proto::Tensor {
            dtype: number(tensor.dtype),
            shape: tensor.shape.clone(),
            data: tensor.data.clone(),
        }),
        Body::Text(text) => Carried::Text(text.to_string()),
        Body::Json(json) => Carried::Json(proto::Json { text: json.text.to_string(), data: json.data.clone() }),
        Body::Bytes(bytes) => Carried::Bytes(bytes.clone()),
        Body::Object(_) => return Err(object()),
    })
}

fn uncarry(body: Carried) -> Result<Body, PacketError> {
    Ok(match body {
        Carried::Audio(audio) => Body::Audio(Audio {
            format: match audio.format() {
                proto::audio::Format::F32 => SampleFormat::F32,
                proto::audio::Format::I16 => SampleFormat::I16,
                proto::audio::Format::I32 => SampleFormat::I32,
                proto::audio::Format::Unspecified => return Err(unknown("sample format", audio.format)),
            },
            layout: match audio.layout() {
                proto::audio::Layout::Planar => Layout::Planar,
                proto::audio::Layout::Interleaved => Layout::Interleaved,
                proto::audio::Layout::Unspecified => return Err(unknown("layout", audio.layout)),
            },
            rate: audio.rate,
            channels: u16::try_from(audio.channels).map_err(|_| unknown("number of channels", audio.channels))?,
            data: audio.data,
        }),
        Carried::Video(video) => Body::Video(Video {
            format: video.format.into(),
            width: video.width,
            height: video.height,
            planes: (video.planes.iter())
                .map(|plane| body::Plane { offset: plane.offset, stride: plane.stride })
                .collect(),
            data: video.data,
        }),
        Carried::Tensor(tensor) => Body::Tensor(Tensor {
            dtype: Dtype::ALL
                .into_iter()
                .find(|dtype| number(*dtype) == tensor.dtype)
                .ok_or_else(|| unknown("element type", tensor.dtype))?,
            shape: tensor.shape,
            data: tensor.data,
        }),
        Carried::Text(text) => Body::Text(text.into()),
        Carried::Json(json) => Body::Json(Json { text: json.text.into(), data: json.data }),
        Carried::Bytes(bytes) => Body::Bytes(bytes),
    })
}

fn unknown(what: &str, number: impl std::fmt::Display) -> PacketError {
    PacketError::new(format!("expected a known {what}, got number {number}"))
}

fn number(dtype: Dtype) -> i32 {
    use proto::tensor::Dtype as Number;
    match dtype {
        Dtype::Bool => Number::Bool,
        Dtype::I8 => Number::I8,
        Dtype::I16 => Number::I16,
        Dtype::I32 => Number::I32,
        Dtype::I64 => Number::I64,
        Dtype::U8 => Number::U8,
        Dtype::U16 => Number::U16,
        Dtype::U32 => Number::U32,
        Dtype::U64 => Number::U64,
        Dtype::F16 => Number::F16,
        Dtype::F32 => Number::F32,
        Dtype::F64 => Number::F64,
    }
    .into()
}
