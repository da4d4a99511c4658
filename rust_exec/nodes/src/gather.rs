//! `BufferNode`: lists of equal length, of which the last may be shorter.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{Saved, saved};
use remotemedia_packet::{Packet, Value};

use crate::params::Params;
use crate::state::{Kept, restored};
use crate::streams::Streams;
use crate::values::{Room, with_value};

struct BufferNode {
    size: usize,
    room: Room,
    streams: Streams<Gathered>,
}

/// What waits of one stream.
#[derive(Default)]
struct Gathered(Vec<Kept>);

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let size = Params::of(spec).required_integer("buffer_size")?;
    Ok(Box::new(BufferNode { size, room: Room::of(spec), streams: Streams::default() }))
}

impl NodeInstance for BufferNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let key = Streams::<Gathered>::key(&packet);
        let mut gathered = self.streams.remove(&key).unwrap_or_default();
        gathered.0.push(Kept(packet));
        if gathered.0.len() < self.size {
            self.streams.insert(key, gathered);
        } else {
            out.push(self.list(gathered, |_| ())?);
        }
        Ok(More::No)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        for gathered in self.streams.drain() {
            out.push(self.list(gathered, |like| {
                like.pts_ns = like.pts_ns.map(|pts| pts.saturating_add(like.duration_ns.unwrap_or(0)));
                like.duration_ns = None;
            })?);
        }
        Ok(More::No)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(Some(saved(&self.streams)))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.streams = restored(state)?;
        Ok(())
    }
}

impl BufferNode {
    /// The values as one, with the times of the last packet, which `time` may change.
    fn list(&self, gathered: Gathered, time: impl FnOnce(&mut Packet)) -> Result<Packet, NodeFailure> {
        let values = gathered.0.iter().map(|it| self.room.value(&it.0)).collect::<Result<_, _>>()?;
        let empty = || NodeFailure::new("RM605", "expected at least one value of a list, got none");
        let last = gathered.0.last().ok_or_else(empty)?;
        let mut list = with_value(&last.0, Value::List(values))?.ok_or_else(empty)?;
        time(&mut list);
        Ok(list)
    }
}

impl Saved for Gathered {
    fn save(&self, into: &mut Vec<u8>) {
        self.0.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Vec::load(from).map(Self)
    }
}
