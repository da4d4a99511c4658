//! Packets of several edges in the order of their presentation times.

use std::collections::VecDeque;

use remotemedia_packet::Packet;

use crate::node::PortId;

/// Holds packets back until it is known which of all edges is the earliest.
///
/// An edge that stays silent while another has filled its buffer does not stop the run: the buffer's head goes on. So the
/// order is that of the times as far as the edges are no more than a buffer apart. A packet without a time goes on before
/// all others of its edge's rivals; of equal times the edge that stands first in the manifest goes first.
pub(crate) struct Merge {
    buffers: Vec<VecDeque<(PortId, Packet)>>,
    open: Vec<bool>,
    capacity: usize,
}

impl Merge {
    pub(crate) fn new(edges: usize, capacity: usize) -> Self {
        Self { buffers: (0..edges).map(|_| VecDeque::new()).collect(), open: vec![true; edges], capacity }
    }

    pub(crate) fn push(&mut self, edge: usize, port: PortId, packet: Packet) {
        self.buffers[edge].push_back((port, packet));
    }

    pub(crate) fn end(&mut self, edge: usize) {
        self.open[edge] = false;
    }

    /// What is held back, edge by edge.
    pub(crate) fn held(&self) -> impl Iterator<Item = (usize, &(PortId, Packet))> {
        self.buffers.iter().enumerate().flat_map(|(edge, buffer)| buffer.iter().map(move |it| (edge, it)))
    }

    /// The next packet, if it is known which that is.
    ///
    /// No edge counts as silent whose next packets a checkpoint delays.
    pub(crate) fn pop(&mut self, is_delayed: bool) -> Option<(PortId, Packet)> {
        let complete = self.buffers.iter().zip(&self.open).all(|(buffer, open)| !open || !buffer.is_empty());
        let full = self.buffers.iter().any(|it| it.len() >= self.capacity);
        if !complete && (!full || is_delayed) {
            return None;
        }
        let heads = self.buffers.iter_mut().filter(|it| !it.is_empty());
        // `min_by_key` gives the first of equals, and `None` is the least of all times.
        heads.min_by_key(|it| it.front().and_then(|(_, packet)| packet.pts_ns))?.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use remotemedia_packet::Body;

    use super::*;

    fn at(pts_ns: Option<i64>) -> Packet {
        Packet { pts_ns, ..Packet::new(Body::Text("".into())) }
    }

    fn times(merge: &mut Merge) -> Vec<Option<i64>> {
        std::iter::from_fn(|| merge.pop(false)).map(|(_, packet)| packet.pts_ns).collect()
    }

    #[test]
    fn the_earliest_goes_first_once_every_edge_has_spoken() {
        let mut merge = Merge::new(2, 8);
        merge.push(0, 0, at(Some(5)));
        merge.push(0, 0, at(Some(9)));
        assert_eq!(times(&mut merge), []);
        merge.push(1, 0, at(Some(7)));
        assert_eq!(times(&mut merge), [Some(5), Some(7)]);
        merge.end(1);
        assert_eq!(times(&mut merge), [Some(9)]);
    }

    #[test]
    fn what_has_no_time_does_not_wait_for_what_has() {
        let mut merge = Merge::new(2, 8);
        merge.push(0, 0, at(Some(1)));
        merge.push(1, 0, at(None));
        assert_eq!(merge.pop(false).map(|(_, it)| it.pts_ns), Some(None));
    }

    #[test]
    fn a_silent_edge_does_not_stop_the_others() {
        let mut merge = Merge::new(2, 2);
        merge.push(0, 0, at(Some(1)));
        merge.push(0, 0, at(Some(2)));
        assert_eq!(times(&mut merge), [Some(1)]);
    }
}
