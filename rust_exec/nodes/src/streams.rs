//! State for every stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use remotemedia_kernels::Saved;
use remotemedia_packet::Packet;

/// What tells one stream of an edge from another.
pub(crate) type Key = (Option<Arc<str>>, u32);

/// A node's state, for every session and stream on its own, in a fixed order.
#[derive(Debug)]
pub(crate) struct Streams<T>(BTreeMap<Key, T>);

impl<T> Default for Streams<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Streams<T> {
    /// The stream of a packet.
    pub(crate) fn key(packet: &Packet) -> Key {
        (packet.session.clone(), packet.stream)
    }

    pub(crate) fn get_mut(&mut self, key: &Key) -> Option<&mut T> {
        self.0.get_mut(key)
    }

    /// Begin a stream, or begin it anew.
    pub(crate) fn insert(&mut self, key: Key, state: T) {
        self.0.insert(key, state);
    }

    pub(crate) fn remove(&mut self, key: &Key) -> Option<T> {
        self.0.remove(key)
    }

    /// Take every stream, in order; none is left.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(&mut self.0).into_values()
    }
}

impl<T: Saved> Saved for Streams<T> {
    fn save(&self, into: &mut Vec<u8>) {
        self.0.len().save(into);
        for ((session, number), state) in &self.0 {
            session.as_ref().map(|it| it.as_bytes().to_vec()).save(into);
            number.save(into);
            state.save(into);
        }
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let mut streams = BTreeMap::new();
        for _ in 0..usize::load(from)? {
            let session = match Option::<Vec<u8>>::load(from)? {
                Some(bytes) => Some(Arc::from(String::from_utf8(bytes).ok()?)),
                None => None,
            };
            streams.insert((session, u32::load(from)?), T::load(from)?);
        }
        Some(Self(streams))
    }
}
