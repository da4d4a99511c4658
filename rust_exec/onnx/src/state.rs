//! What a stream keeps between packets, and its snapshot.
//!
//! A snapshot is, with all integers little-endian: the eight bytes `RMONNX1\0`; the number of streams as u32; and of every
//! stream its session (u32 length and UTF-8 bytes, length `0xffff_ffff` for none), its number (u32), its channels (u32), its
//! context (u32 number of samples, then float32 samples, channel by channel), and the states in the order of their names in
//! the node's `state`: rank (u32), lengths of the axes (u64 each) and the elements.

use std::collections::BTreeMap;
use std::sync::Arc;

use ort::value::DynValue;
use remotemedia_engine::NodeFailure;
use remotemedia_packet::{Audio, Packet, Tensor};

use crate::config::Config;
use crate::value::{to_tensor, to_value};

const MAGIC: &[u8; 8] = b"RMONNX1\0";

/// Length of a session's name where there is none.
const NO_SESSION: u32 = u32::MAX;

type Key = (Option<Arc<str>>, u32);

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
}

impl Stream {
    /// A stream before its first packet.
    pub(crate) fn start(config: &Config) -> Result<Self, NodeFailure> {
        let state = config.state.iter().map(|it| to_value(&it.start)).collect::<Result<_, _>>()?;
        Ok(Self { state, channels: 0, context: Vec::new() })
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
    /// The packet's stream, which is put back after the model has run: a failed run leaves none.
    pub(crate) fn take(&mut self, packet: &Packet) -> Option<Stream> {
        self.0.remove(&key(packet))
    }

    pub(crate) fn put(&mut self, packet: &Packet, stream: Stream) {
        self.0.insert(key(packet), stream);
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
                let tensor = to_tensor(&port.output, value)?;
                write(&mut bytes, tensor.shape.len());
                tensor.shape.iter().for_each(|it| bytes.extend(it.to_le_bytes()));
                bytes.extend_from_slice(&tensor.data);
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
            streams.insert((session, number), Stream { state, channels, context });
        }
        Some(Self(streams))
    }
}

fn key(packet: &Packet) -> Key {
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
