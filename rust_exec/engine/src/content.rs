//! What a queue holds, and what of more fits into it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use remotemedia_packet::{Kind, Packet};

use crate::node::PortId;

/// Packets, each with the port on which it was emitted, or for which it is.
pub(crate) type Batch = VecDeque<(PortId, Packet)>;

/// So many packets, or fewer, are put into the buffer of those that wait already.
const FEW: usize = 8;

/// How soon a taker is back that makes little of a full queue.
const QUICK: Duration = Duration::from_millis(10);

/// What travels in a queue.
pub(crate) enum Message {
    /// Packets of one edge, each for an input port.
    Packets { edge: usize, packets: Batch },
    /// Nothing more comes along this edge. A queue that closes without it was abandoned: a giver failed.
    End { edge: usize },
    /// Behind the packets of the edge that this came along a checkpoint begins.
    Barrier,
}

/// What a queue holds at most; one packet always fits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) packets: usize,
    /// Packets while the taker is quick: then threads change less often, and what is there is still worked off in no time.
    pub(crate) burst: usize,
    pub(crate) bytes: usize,
}

/// So many packets and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) packets: usize,
    pub(crate) bytes: usize,
}

/// What a queue holds.
pub(crate) struct Content {
    messages: VecDeque<Message>,
    amount: Amount,
    bounds: Bounds,
    /// How many packets it holds at most for now.
    limit: usize,
    /// When the taker last found it full.
    full_at: Option<Instant>,
}

impl Content {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { messages: VecDeque::new(), amount: Amount::default(), bounds, limit: bounds.packets, full_at: None }
    }

    /// Hold whatever comes.
    pub(crate) fn unbound(&mut self) {
        self.limit = usize::MAX;
        self.bounds = Bounds { packets: usize::MAX, burst: usize::MAX, bytes: usize::MAX };
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Take in what is no packet.
    pub(crate) fn mark(&mut self, mark: Message) {
        self.messages.push_back(mark);
    }

    /// Take in what fits of packets that have so many bytes.
    pub(crate) fn fill(&mut self, edge: usize, packets: &mut Batch, bytes: usize) -> Amount {
        let all = Amount { packets: packets.len(), bytes };
        let fits = if self.has_room(all) { all } else { self.fitting(packets) };
        if fits.packets == 0 {
            return fits;
        }
        self.amount.packets += fits.packets;
        self.amount.bytes += fits.bytes;
        match self.messages.back_mut() {
            Some(Message::Packets { edge: last, packets: waiting }) if *last == edge && fits.packets <= FEW => {
                waiting.extend(packets.drain(..fits.packets));
            }
            _ => {
                let rest = packets.split_off(fits.packets);
                self.messages.push_back(Message::Packets { edge, packets: std::mem::replace(packets, rest) });
            }
        }
        fits
    }

    /// Move everything to `into`, which is empty; how many packets that are.
    pub(crate) fn empty(&mut self, into: &mut VecDeque<Message>) -> usize {
        if self.amount.packets >= self.limit {
            self.adapt(Instant::now());
        }
        std::mem::swap(&mut self.messages, into);
        std::mem::take(&mut self.amount).packets
    }

    fn has_room(&self, more: Amount) -> bool {
        self.amount.packets + more.packets <= self.limit
            && self.amount.bytes.saturating_add(more.bytes) <= self.bounds.bytes
    }

    /// How many packets fit, one by one; where it is empty at least one.
    fn fitting(&self, packets: &Batch) -> Amount {
        let mut fits = Amount::default();
        for (_, packet) in packets {
            let more = Amount { packets: fits.packets + 1, bytes: fits.bytes + packet.byte_len() };
            if !self.has_room(more) && self.amount.packets + fits.packets > 0 {
                break;
            }
            fits = more;
        }
        fits
    }

    /// The taker finds it full: let it hold more if that was so a moment ago, too.
    fn adapt(&mut self, now: Instant) {
        let soon = self.full_at.replace(now).is_some_and(|it| now.duration_since(it) < QUICK);
        let Bounds { packets, burst, .. } = self.bounds;
        self.limit = if soon && !self.holds_objects() { burst.min(self.limit * 2) } else { packets };
    }

    /// Whether its packets may be larger than it knows.
    fn holds_objects(&self) -> bool {
        let Some(Message::Packets { packets, .. }) = self.messages.back() else { return false };
        packets.front().is_some_and(|(_, packet)| packet.body.kind() == Kind::Object)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use remotemedia_packet::{Body, Foreign};

    use super::*;

    const BOUNDS: Bounds = Bounds { packets: 4, burst: 8, bytes: 1_000 };

    struct Thing;

    impl Foreign for Thing {}

    /// So many packets of ten bytes, told apart by their ports.
    fn packets(number: PortId) -> Batch {
        (0..number).map(|it| (it, Packet::new(Body::Bytes(vec![0; 10].into())))).collect()
    }

    /// How many of them do not fit.
    fn fill(content: &mut Content, edge: usize, number: PortId) -> usize {
        let mut batch = packets(number);
        let fits = content.fill(edge, &mut batch, number as usize * 10);
        assert_eq!(fits, Amount { packets: number as usize - batch.len(), bytes: fits.packets * 10 });
        batch.len()
    }

    /// The ports of the packets of each message, with its edge.
    fn emptied(content: &mut Content) -> Vec<(usize, Vec<PortId>)> {
        let mut into = VecDeque::new();
        content.empty(&mut into);
        let batches = into.into_iter().filter_map(|it| match it {
            Message::Packets { edge, packets } => Some((edge, packets.into_iter().map(|it| it.0).collect())),
            _ => None,
        });
        batches.collect()
    }

    #[test]
    fn what_does_not_fit_is_left() {
        let mut content = Content::new(BOUNDS);
        assert_eq!([(0, 3), (1, 3), (1, 1)].map(|(edge, number)| fill(&mut content, edge, number)), [0, 2, 1]);
        assert_eq!(emptied(&mut content), [(0, vec![0, 1, 2]), (1, vec![0])]);
        for (bytes, left) in [(25, 1), (5, 2), (30, 0)] {
            assert_eq!(fill(&mut Content::new(Bounds { bytes, ..BOUNDS }), 0, 3), left, "{bytes} bytes");
        }
        content.unbound();
        assert_eq!(fill(&mut content, 0, 200), 0);
    }

    #[test]
    fn few_packets_join_those_that_wait_and_many_stay_together() {
        let few = FEW as PortId;
        for (numbers, messages) in [([1, few], 1), ([1, few + 1], 2)] {
            let mut content = Content::new(Bounds { packets: 64, ..BOUNDS });
            assert_eq!(numbers.map(|it| fill(&mut content, 0, it)), [0, 0]);
            let emptied = emptied(&mut content);
            assert_eq!(emptied.len(), messages);
            let ports: Vec<_> = emptied.into_iter().flat_map(|it| it.1).collect();
            assert_eq!(ports, [0].into_iter().chain(0..numbers[1]).collect::<Vec<_>>());
        }
    }

    #[test]
    fn it_holds_more_while_its_taker_is_quick() {
        let (mut content, mut now) = (Content::new(BOUNDS), Instant::now());
        let mut found_full = |content: &mut Content, after: Duration| {
            now += after;
            content.adapt(now);
            content.limit
        };
        let (quick, slow) = (QUICK / 2, QUICK * 2);
        assert_eq!([slow, quick, quick, slow, quick].map(|it| found_full(&mut content, it)), [4, 8, 8, 4, 8]);
        let object = (0, Packet::new(Body::Object(Arc::new(Thing))));
        content.mark(Message::Packets { edge: 0, packets: Batch::from([object]) });
        assert_eq!(found_full(&mut content, quick), 4, "nobody knows how large objects are");
    }
}
