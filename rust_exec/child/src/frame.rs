//! Frames: `u32 length LE | u8 kind | payload` (`schemas/child.md`).

use std::io::{self, Read, Write};

use bytes::{Buf, Bytes};
use remotemedia_engine::{EffectiveLimits, NodeFailure};
use remotemedia_packet::{Packet, PacketError, wire};

/// Bytes before a payload.
pub const HEADER: usize = 5;

/// Bytes of a payload that room is made for before they have come.
const RESERVE: usize = 64 << 20;

/// What a frame is; the numbers are those of `schemas/child.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Parent: make the node ([`crate::message::Init`]).
    Init = 0x01,
    /// Parent: take packets.
    Process = 0x02,
    /// Parent: go on with what is unfinished ([`crate::message::Pull`]).
    Pull = 0x03,
    /// Parent: the input is at its end.
    Flush = 0x04,
    /// Parent: describe your state.
    Snapshot = 0x05,
    /// Parent: become what this state describes.
    Restore = 0x06,
    /// Parent: take another value for a parameter ([`crate::message::SetParam`]).
    SetParam = 0x07,
    /// Parent: the last call.
    Close = 0x08,
    /// Parent: the file that was asked for.
    File = 0x09,
    /// Parent: the sources that were asked for ([`crate::message::Source`], a list).
    Sources = 0x0a,
    /// Parent: what was asked for is not given ([`crate::message::Failed`]).
    Refused = 0x0b,
    /// Child: it runs ([`crate::message::Hello`]).
    Hello = 0x80,
    /// Child: the node is made ([`crate::message::Ready`]).
    Ready = 0x81,
    /// Child: what came of one packet, pull or flush ([`Emitted`]).
    Emitted = 0x82,
    /// Child: the node's state: `u8` whether there is one, then its bytes.
    State = 0x83,
    /// Child: a call failed ([`crate::message::Failed`]).
    Failed = 0x84,
    /// Child: a line of the node's log ([`crate::message::Line`]).
    Log = 0x85,
    /// Child: a file is needed; the payload is its path.
    Read = 0x86,
    /// Child: the Python sources are needed.
    ReadSources = 0x87,
    /// Child: done, without anything to give.
    Done = 0x88,
}

impl Kind {
    const ALL: [Self; 20] = [
        Self::Init,
        Self::Process,
        Self::Pull,
        Self::Flush,
        Self::Snapshot,
        Self::Restore,
        Self::SetParam,
        Self::Close,
        Self::File,
        Self::Sources,
        Self::Refused,
        Self::Hello,
        Self::Ready,
        Self::Emitted,
        Self::State,
        Self::Failed,
        Self::Log,
        Self::Read,
        Self::ReadSources,
        Self::Done,
    ];

    /// The kind of a number; none where the number is no kind.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: Kind,
    /// Its content.
    pub payload: Bytes,
}

/// The first five bytes of a frame.
///
/// # Errors
///
/// The payload is longer than a length can say.
pub fn header(kind: Kind, length: usize) -> io::Result<[u8; HEADER]> {
    let length = u32::try_from(length).map_err(|_| invalid(format!("a frame of {length} bytes is too long")))?;
    let [a, b, c, d] = length.to_le_bytes();
    Ok([a, b, c, d, kind as u8])
}

/// Write a frame, and let go of it.
///
/// # Errors
///
/// Whatever the writer says.
pub fn write(writer: &mut impl Write, kind: Kind, payload: &[u8]) -> io::Result<()> {
    writer.write_all(&header(kind, payload.len())?)?;
    writer.write_all(payload)?;
    writer.flush()
}

/// Wait for a frame; none where the reader is at its end.
///
/// # Errors
///
/// An end within a frame, a frame of more than `max` bytes, an unknown kind, or whatever the reader says.
pub fn read(reader: &mut impl Read, max: usize) -> io::Result<Option<Frame>> {
    let mut head = [0; HEADER];
    if reader.read(&mut head[..1])? == 0 {
        return Ok(None);
    }
    reader.read_exact(&mut head[1..])?;
    let length = length(&head);
    if length > max {
        return Err(invalid(format!("expected a frame of at most {max} bytes, got {length}")));
    }
    // What was told is not believed beyond what a page table costs.
    let mut payload = Vec::with_capacity(length.min(RESERVE));
    if reader.take(length as u64).read_to_end(&mut payload)? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let kind = Kind::of(head[4]).ok_or_else(|| invalid(format!("expected a known kind of frame, got {}", head[4])))?;
    Ok(Some(Frame { kind, payload: payload.into() }))
}

/// The length that a header tells.
pub(crate) fn length(head: &[u8; HEADER]) -> usize {
    u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Packets for ports as a payload: each `u32 length LE` and its protobuf message.
///
/// # Errors
///
/// `RM605`: a packet cannot leave its process.
pub fn encode_packets<'a>(
    packets: impl IntoIterator<Item = &'a (u32, Packet)>,
) -> Result<Vec<[Bytes; 2]>, PacketError> {
    let encoded = packets.into_iter().map(|(port, packet)| {
        let message = wire::encode(packet, *port)?;
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        Ok([Bytes::copy_from_slice(&length.to_le_bytes()), message])
    });
    encoded.collect()
}

/// The packets of a payload; their data is shared with it, not copied.
///
/// # Errors
///
/// `RM605`: the bytes are no packets.
pub fn decode_packets(payload: Bytes) -> Result<Vec<(u32, Packet)>, PacketError> {
    packets(payload).collect()
}

/// The packets of a payload, each read when it is asked for.
fn packets(mut payload: Bytes) -> impl Iterator<Item = Result<(u32, Packet), PacketError>> {
    std::iter::from_fn(move || {
        if !payload.has_remaining() {
            return None;
        }
        let length = payload.try_get_u32_le().unwrap_or(u32::MAX) as usize;
        // What is cut short is no message, and says so when it is decoded.
        Some(wire::decode(payload.split_to(length.min(payload.len()))))
    })
}

/// What came of one packet, pull or flush.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted {
    /// Whether that is all; else more is given for a [`Kind::Pull`].
    pub done: bool,
    /// What is emitted, with its port.
    pub packets: Vec<(u32, Packet)>,
}

impl Emitted {
    /// Read a payload: `u8 done`, then packets. The bounds of a call are kept while it is read: a packet takes far more
    /// memory than the shortest message.
    ///
    /// # Errors
    ///
    /// `RM605`: the bytes are no packets. `RM607`: they are more than a call may emit.
    pub fn decode(mut payload: Bytes, limits: &EffectiveLimits) -> Result<Self, NodeFailure> {
        let done = payload.try_get_u8().unwrap_or(1) != 0;
        let (mut taken, mut bytes) = (Vec::new(), 0);
        for packet in packets(payload) {
            let (port, packet) = packet.map_err(|error| NodeFailure::new(error.code, error.message))?;
            bytes += packet.byte_len() as u64;
            if taken.len() as u64 >= limits.output_packets || bytes > limits.output_bytes {
                return Err(beyond(limits));
            }
            taken.push((port, packet));
        }
        Ok(Self { done, packets: taken })
    }
}

/// The failure of a call that emitted more than it may.
pub(crate) fn beyond(limits: &EffectiveLimits) -> NodeFailure {
    let (packets, bytes) = (limits.output_packets, limits.output_bytes);
    NodeFailure::new("RM607", format!("expected at most {packets} packets and {bytes} bytes a call, got more"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use remotemedia_packet::Body;

    use super::*;

    fn emitted(packets: usize) -> Bytes {
        let packets = vec![(0, Packet::new(Body::Text("abc".into()))); packets];
        let parts = encode_packets(&packets).unwrap();
        [&[1][..]].into_iter().chain(parts.iter().flatten().map(|it| &**it)).collect::<Vec<_>>().concat().into()
    }

    #[test]
    fn what_is_beyond_the_bounds_is_not_read() {
        let limits = EffectiveLimits { output_packets: 4, output_bytes: 9, ..EffectiveLimits::default() };
        assert_eq!(Emitted::decode(emitted(3), &limits).unwrap().packets.len(), 3);
        for narrower in [EffectiveLimits { output_packets: 2, ..limits }, EffectiveLimits { output_bytes: 8, ..limits }]
        {
            // Behind the packet that is too much stands what could not be read.
            let payload = [&emitted(3)[..], b"\xff\xff\xff\xff"].concat();
            assert_eq!(Emitted::decode(payload.into(), &narrower).unwrap_err().code, "RM607");
        }
    }
}
