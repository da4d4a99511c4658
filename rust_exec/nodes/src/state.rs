//! What a node keeps of its streams, as bytes: the states of the kernels, and packets as `schemas/packet.proto` has them.

use bytes::Bytes;
use remotemedia_engine::NodeFailure;
use remotemedia_kernels::{Planar, Saved, loaded};
use remotemedia_packet::{Packet, wire};

/// A packet in a state.
pub(crate) struct Kept(pub(crate) Packet);

impl Saved for Kept {
    fn save(&self, into: &mut Vec<u8>) {
        // An object has no bytes; what a native node keeps is sound, or nothing but the frame of it.
        let bytes = wire::encode(&self.0, 0).unwrap_or_default();
        bytes.len().save(into);
        into.extend_from_slice(&bytes);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let length = usize::load(from)?;
        let (bytes, rest) = from.split_at_checked(length)?;
        *from = rest;
        wire::decode(Bytes::copy_from_slice(bytes)).ok().map(|(_, packet)| Self(packet))
    }
}

/// A block of sound, as number of channels and samples.
pub(crate) fn save_block(block: &Planar, into: &mut Vec<u8>) {
    block.channels().save(into);
    block.planes().samples().to_vec().save(into);
}

/// As [`save_block`] wrote it.
pub(crate) fn load_block(from: &mut &[u8]) -> Option<Planar> {
    let (channels, samples) = (usize::load(from)?, Vec::load(from)?);
    (channels > 0 && samples.len().is_multiple_of(channels)).then(|| Planar::new(samples, channels))
}

/// A node's state from the bytes of a snapshot.
pub(crate) fn restored<T: Saved>(state: &[u8]) -> Result<T, NodeFailure> {
    loaded(state).ok_or_else(|| NodeFailure::new("RM602", "expected a snapshot of this node, got other bytes"))
}
