//! What a stream keeps between packets, and its snapshot.
//!
//! A snapshot is, with all integers little-endian: the eight bytes `RMONNX2\0`; the number of streams as u32; and of every
//! stream its session (u32 length and UTF-8 bytes, length `0xffff_ffff` for none), its number (u32), its channels (u32), its
//! context (u32 number of samples, then float32 samples, channel by channel), the states in the order of their names in
//! the node's `state`: rank (u32), lengths of the axes (u64 each) and the elements; and of every input port the packets
//! that wait for those of other ports: their number (u32), and each as u32 length and a message of `schemas/packet.proto`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use ort::value::DynValue;
use remotemedia_engine::NodeFailure;
use remotemedia_packet::{Audio, Packet, Tensor, wire};

use crate::config::Config;
use crate::value::{copied, to_value};

const MAGIC: &[u8; 8] = b"RMONNX2\0";

/// Length of a session's name where there is none.
const NO_SESSION: u32 = u32::MAX;

pub(crate) type Key = (Option<Arc<str>>, u32);

/// What every session and stream keeps, on its own.
#[derive(Default)]
pub(crate) struct Streams(BTreeMap<Key, Stream>);

/// What one stream keeps.
pub(crate) struct Stream {
    /// In the order of the configuration.
    pub(crate) state: Vec<DynValue>,
    channels: usize,
    /// The last samples of the packet before, channel by channel.
    context: Vec<f32>,
    /// By input port, the packets that wait for those of other ports.
    pub(crate) waiting: Vec<VecDeque<Packet>>,
}

impl Stream {
    /// A stream before its first packet.
    fn start(config: &Config) -> Result<Self, NodeFailure> {
        let waiting = config.ports.iter().map(|_| VecDeque::new()).collect();
        Ok(Self { state: zeros(config)?, channels: 0, context: Vec::new(), waiting })
    }

    /// What is to be put before a packet of so many channels: zeros at the start, and when the channels change.
    pub(crate) fn left(&mut self, channels: usize, context: usize) -> &[f32] {
        if self.channels != channels {
            self.channels = channels;
            self.context = vec![0.0; channels * context];
        }
        &self.context
    }

    /// Keep the last samples of what stood before and of this packet.
    pub(crate) fn remember(&mut self, audio: &Audio, context: usize) {
        if context == 0 {
            return;
        }
        let (samples, frames) = (audio.as_f32_planar(), audio.frames());
        let fresh = frames.min(context);
        for (channel, kept) in self.context.chunks_exact_mut(context).enumerate() {
            kept.rotate_left(fresh);
            let end = (channel + 1) * frames;
            kept[context - fresh..].copy_from_slice(&samples[end - fresh..end]);
        }
    }
}

impl Streams {
    /// The stream, which begins with its first packet.
    pub(crate) fn of(&mut self, key: &Key, config: &Config) -> Result<&mut Stream, NodeFailure> {
        if !self.0.contains_key(key) {
            self.0.insert(key.clone(), Stream::start(config)?);
        }
        self.0.get_mut(key).ok_or_else(|| NodeFailure::new("RM602", "expected a stream, got none"))
    }

    /// How many packets wait on each port for those of other ports, of the first stream where some do.
    pub(crate) fn left_over(&self) -> Option<Vec<usize>> {
        let counts = |it: &Stream| it.waiting.iter().map(VecDeque::len).collect::<Vec<_>>();
        self.0.values().map(counts).find(|it| it.iter().any(|count| *count > 0))
    }

    pub(crate) fn snapshot(&self, config: &Config) -> Result<Vec<u8>, NodeFailure> {
        let mut bytes = MAGIC.to_vec();
        write(&mut bytes, self.0.len());
        for ((session, number), stream) in &self.0 {
            match session {
                None => bytes.extend(NO_SESSION.to_le_bytes()),
                Some(session) => {
                    write(&mut bytes, session.len());
                    bytes.extend_from_slice(session.as_bytes());
                }
            }
            bytes.extend(number.to_le_bytes());
            write(&mut bytes, stream.channels);
            write(&mut bytes, stream.context.len());
            stream.context.iter().for_each(|it| bytes.extend(it.to_le_bytes()));
            for (port, value) in config.state.iter().zip(&stream.state) {
                let tensor = copied(value)?;
                debug_assert_eq!(tensor.dtype, port.start.dtype);
                write(&mut bytes, tensor.shape.len());
                tensor.shape.iter().for_each(|it| bytes.extend(it.to_le_bytes()));
                bytes.extend_from_slice(&tensor.data);
            }
            for (port, waiting) in stream.waiting.iter().enumerate() {
                write(&mut bytes, waiting.len());
                for packet in waiting {
                    let port = u32::try_from(port).unwrap_or(u32::MAX);
                    let message = wire::encode(packet, port).map_err(|it| NodeFailure::new(it.code, it.message))?;
                    write(&mut bytes, message.len());
                    bytes.extend_from_slice(&message);
                }
            }
        }
        Ok(bytes)
    }

    pub(crate) fn restore(bytes: &[u8], config: &Config) -> Result<Self, NodeFailure> {
        let mut reader = Reader(bytes);
        let streams = Self::read(&mut reader, config).filter(|_| reader.0.is_empty());
        streams.ok_or_else(|| NodeFailure::new("RM602", "expected a snapshot of this node, got other bytes"))
    }

    /// `None` if the bytes are no snapshot of this node.
    fn read(reader: &mut Reader<'_>, config: &Config) -> Option<Self> {
        if reader.take(MAGIC.len())? != MAGIC {
            return None;
        }
        let mut streams = BTreeMap::new();
        for _ in 0..reader.number()? {
            let session = match u32::try_from(reader.number()?).ok()? {
                NO_SESSION => None,
                length => Some(std::str::from_utf8(reader.take(length as usize)?).ok()?.into()),
            };
            let number = u32::try_from(reader.number()?).ok()?;
            let channels = reader.number()?;
            let samples = reader.number()?;
            if samples != channels.checked_mul(config.context)? {
                return None;
            }
            let context = reader.take(samples.checked_mul(size_of::<f32>())?)?.chunks_exact(size_of::<f32>());
            let context = context.map(|it| f32::from_le_bytes([it[0], it[1], it[2], it[3]])).collect();
            let state = config.state.iter().map(|port| reader.tensor(&port.start)).collect::<Option<Vec<_>>>()?;
            let state = state.iter().map(to_value).collect::<Result<_, _>>().ok()?;
            let waiting = config.ports.iter().map(|_| reader.packets()).collect::<Option<_>>()?;
            streams.insert((session, number), Stream { state, channels, context, waiting });
        }
        Some(Self(streams))
    }
}

/// The states at the start of a stream.
pub(crate) fn zeros(config: &Config) -> Result<Vec<DynValue>, NodeFailure> {
    config.state.iter().map(|it| to_value(&it.start)).collect()
}

/// The stream that a packet belongs to.
pub(crate) fn key(packet: &Packet) -> Key {
    (packet.session.clone(), packet.stream)
}

fn write(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend(u32::try_from(number).unwrap_or(u32::MAX - 1).to_le_bytes());
}

/// What is left of a snapshot.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let bytes = self.take(size_of::<u32>())?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
    }

    /// Packets that wait.
    fn packets(&mut self) -> Option<VecDeque<Packet>> {
        let count = self.number()?;
        let mut packets = VecDeque::new();
        for _ in 0..count {
            let length = self.number()?;
            packets.push_back(wire::decode(Bytes::copy_from_slice(self.take(length)?)).ok()?.1);
        }
        Some(packets)
    }

    /// A tensor of the type and rank of another.
    fn tensor(&mut self, like: &Tensor) -> Option<Tensor> {
        if self.number()? != like.shape.len() {
            return None;
        }
        let axis = |bytes: &[u8]| Some(u64::from_le_bytes(bytes.try_into().ok()?));
        let shape: Vec<u64> = self
            .take(like.shape.len() * size_of::<u64>())?
            .chunks_exact(size_of::<u64>())
            .map(axis)
            .collect::<Option<_>>()?;
        let data = self.take(like.dtype.byte_len(&shape)?)?.to_vec();
        Some(Tensor { dtype: like.dtype, shape, data: data.into() })
    }
}
