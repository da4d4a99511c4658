//! The bounded queue before a stage: several givers, one taker, many packets at a time.
//!
//! To wake a thread costs more than many a call, so packets are handed over as many as there are: one lock and at most one
//! wake-up for all that a stage emitted in a moment, and for all that waits when its taker comes. They travel in the buffer in
//! which they were emitted, for to copy a packet's head from one to another, a dozen times, costs more than all else of a hop.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use remotemedia_packet::{Kind, Packet};

use crate::cancel::{Cancel, Wake};
use crate::metrics::EdgeCounts;
use crate::node::PortId;

/// Packets, each with the port on which it was emitted, or for which it is.
pub(crate) type Batch = VecDeque<(PortId, Packet)>;

/// So many packets, or fewer, are put into the buffer of those that wait already.
const FEW: usize = 8;

/// What travels in a queue.
pub(crate) enum Message {
    /// Packets of one edge, each for an input port.
    Packets { edge: usize, packets: Batch },
    /// Nothing more comes along this edge. A queue that closes without it was abandoned: a giver failed.
    End { edge: usize },
    /// Behind the packets of the edge that this came along a checkpoint begins.
    Barrier,
}

/// How soon a taker is back that makes little of a full queue.
const QUICK: Duration = Duration::from_millis(10);

/// What a queue holds at most; one packet always fits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) packets: usize,
    /// Packets while the taker is quick: then threads change less often, and what is there is still worked off in no time.
    pub(crate) burst: usize,
    pub(crate) bytes: usize,
}

/// So many packets and bytes.
#[derive(Clone, Copy)]
struct Amount {
    packets: usize,
    bytes: usize,
}

/// The run is stopped, or nobody takes what is sent.
#[derive(Debug)]
pub(crate) struct Stopped;

struct Shared {
    held: Mutex<Held>,
    bounds: Bounds,
    stop: Cancel,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Default)]
struct Held {
    messages: VecDeque<Message>,
    packets: usize,
    bytes: usize,
    /// How many packets it holds at most.
    limit: usize,
    /// When the taker last found it full.
    full_at: Option<Instant>,
    givers: usize,
    taker_gone: bool,
    taker_waits: bool,
    givers_waiting: usize,
    /// Whether the taker never takes while its giver sends.
    unbound: bool,
    /// The taker was asked to look at something else.
    called: bool,
}

impl Wake for Shared {
    fn wake(&self) {
        // Whoever is about to wait holds the lock, and has not seen what it is woken for.
        self.lock().called = true;
        self.filled.notify_all();
        self.emptied.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A queue's giving end; the queue closes when the last of them is dropped.
pub(crate) struct Giver(Arc<Shared>);

/// A queue's taking end.
pub(crate) struct Taker {
    shared: Arc<Shared>,
    /// By the edge's number in this queue.
    edges: Vec<Arc<EdgeCounts>>,
}

/// What came of waiting for packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Something came, or the taker was called to something else.
    Some,
    /// Nothing is there. Only where it was asked not to wait.
    Nothing,
    /// Every giver is gone, and nothing is left.
    Closed,
    /// The run is stopped.
    Stopped,
}

/// A queue with one giver; further ones are its clones.
pub(crate) fn queue(bounds: Bounds, edges: Vec<Arc<EdgeCounts>>, stop: &Cancel) -> (Giver, Taker) {
    let shared = Arc::new(Shared {
        held: Mutex::new(Held { givers: 1, limit: bounds.packets, ..Held::default() }),
        bounds,
        stop: stop.clone(),
        filled: Condvar::new(),
        emptied: Condvar::new(),
    });
    stop.tell(Arc::downgrade(&shared) as Weak<dyn Wake>);
    (Giver(Arc::clone(&shared)), Taker { shared, edges })
}

impl Clone for Giver {
    fn clone(&self) -> Self {
        self.0.lock().givers += 1;
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Giver {
    fn drop(&mut self) {
        let mut held = self.0.lock();
        held.givers -= 1;
        if held.givers == 0 && held.taker_waits {
            drop(held);
            self.0.filled.notify_one();
        }
    }
}

impl Giver {
    /// Send all packets of one edge, in order, and leave none.
    ///
    /// While the queue is full it waits; or where it is not to, packets that do not fit are dropped, and counted.
    pub(crate) fn send(
        &self,
        edge: usize,
        packets: &mut Batch,
        counts: &EdgeCounts,
        wait: bool,
    ) -> Result<(), Stopped> {
        let shared = &*self.0;
        let mut bytes = packets.iter().map(|(_, packet)| packet.byte_len()).sum();
        let mut held = shared.lock();
        loop {
            if held.taker_gone || shared.stop.is_cancelled() {
                packets.clear();
                return Err(Stopped);
            }
            let sent = held.fill(edge, packets, bytes, shared.bounds.bytes);
            counts.enter(sent.packets as u64, sent.bytes as u64);
            bytes -= sent.bytes;
            if !wait {
                counts.dropped(packets.len() as u64);
                packets.clear();
            }
            if packets.is_empty() {
                shared.fill_end(held);
                return Ok(());
            }
            if held.taker_waits {
                held.taker_waits = false;
                shared.filled.notify_one();
            }
            held.givers_waiting += 1;
            held = shared.emptied.wait(held).unwrap_or_else(PoisonError::into_inner);
            held.givers_waiting -= 1;
        }
    }

    /// Say something of an edge behind all its packets.
    pub(crate) fn mark(&self, mark: Message) -> Result<(), Stopped> {
        let shared = &*self.0;
        let mut held = shared.lock();
        if held.taker_gone || shared.stop.is_cancelled() {
            return Err(Stopped);
        }
        held.messages.push_back(mark);
        shared.fill_end(held);
        Ok(())
    }
}

impl Shared {
    /// Let go of the lock, then wake the taker if it waits: woken before, it would wait for the lock.
    fn fill_end(&self, mut held: MutexGuard<'_, Held>) {
        let waits = !held.messages.is_empty() && std::mem::take(&mut held.taker_waits);
        drop(held);
        if waits {
            self.filled.notify_one();
        }
    }
}

impl Held {
    /// Take in what fits of packets that have so many bytes.
    fn fill(&mut self, edge: usize, packets: &mut Batch, bytes: usize, bound: usize) -> Amount {
        let all = Amount { packets: packets.len(), bytes };
        let fits = if self.unbound || self.has_room(all, bound) { all } else { self.fitting(packets, bound) };
        self.packets += fits.packets;
        self.bytes += fits.bytes;
        if fits.packets == 0 {
            return fits;
        }
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

    fn has_room(&self, more: Amount, bytes: usize) -> bool {
        self.packets + more.packets <= self.limit && self.bytes.saturating_add(more.bytes) <= bytes
    }

    /// How many packets fit, one by one; into an empty queue at least one.
    fn fitting(&self, packets: &Batch, bound: usize) -> Amount {
        let mut fits = Amount { packets: 0, bytes: 0 };
        for (_, packet) in packets {
            let more = Amount { packets: fits.packets + 1, bytes: fits.bytes + packet.byte_len() };
            if !self.has_room(more, bound) && self.packets + fits.packets > 0 {
                break;
            }
            fits = more;
        }
        fits
    }

    /// The taker finds it full: let it hold more if that was so a moment ago, too.
    fn adapt(&mut self, bounds: Bounds, now: Instant) {
        let soon = self.full_at.replace(now).is_some_and(|it| now.duration_since(it) < QUICK);
        self.limit = if soon && !self.holds_objects() { bounds.burst.min(self.limit * 2) } else { bounds.packets };
    }

    /// Whether its packets may be larger than it knows.
    fn holds_objects(&self) -> bool {
        let Some(Message::Packets { packets, .. }) = self.messages.back() else { return false };
        packets.front().is_some_and(|(_, packet)| packet.body.kind() == Kind::Object)
    }
}

impl Taker {
    /// Move everything that is there to `into`, which is empty; waits for it where asked to.
    pub(crate) fn take(&mut self, into: &mut VecDeque<Message>, wait: bool) -> Taken {
        let mut held = self.shared.lock();
        loop {
            if self.shared.stop.is_cancelled() {
                return Taken::Stopped;
            }
            if !held.messages.is_empty() || std::mem::take(&mut held.called) {
                break;
            }
            if held.givers == 0 {
                return Taken::Closed;
            }
            if !wait {
                return Taken::Nothing;
            }
            held.taker_waits = true;
            held = self.shared.filled.wait(held).unwrap_or_else(PoisonError::into_inner);
            held.taker_waits = false;
        }
        if held.packets >= held.limit {
            held.adapt(self.shared.bounds, Instant::now());
        }
        std::mem::swap(&mut held.messages, into);
        // Before the lock is let go, so that no edge seems to hold more than the queue may.
        match &self.edges[..] {
            [edge] => edge.leave(held.packets as u64),
            _ => self.count(into),
        }
        (held.packets, held.bytes) = (0, 0);
        let waits = held.givers_waiting > 0;
        drop(held);
        if waits {
            self.shared.emptied.notify_all();
        }
        Taken::Some
    }

    /// From now on, hold whatever is sent.
    pub(crate) fn unbound(&mut self) {
        self.shared.lock().unbound = true;
    }

    /// Who wakes the taker to look at something else.
    pub(crate) fn waker(&self) -> Weak<dyn Wake> {
        Arc::downgrade(&self.shared) as Weak<dyn Wake>
    }

    fn count(&self, taken: &VecDeque<Message>) {
        for message in taken {
            if let Message::Packets { edge, packets } = message
                && let Some(counts) = self.edges.get(*edge)
            {
                counts.leave(packets.len() as u64);
            }
        }
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        let left = {
            let mut held = self.shared.lock();
            held.taker_gone = true;
            std::mem::take(&mut held.messages)
        };
        self.shared.emptied.notify_all();
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use remotemedia_packet::{Body, Foreign};

    use super::*;

    const BOUNDS: Bounds = Bounds { packets: 4, burst: 8, bytes: 100 };

    struct Thing;

    impl Foreign for Thing {}

    fn packets(number: usize) -> Batch {
        (0..number).map(|it| (it as PortId, Packet::new(Body::Bytes(vec![0; 10].into())))).collect()
    }

    /// Send without waiting: how many were dropped.
    fn send(giver: &Giver, edge: usize, mut packets: Batch) -> u64 {
        let counts = EdgeCounts::default();
        assert!(giver.send(edge, &mut packets, &counts, false).is_ok() && packets.is_empty());
        counts.dropped.get()
    }

    fn taken(taker: &mut Taker) -> Vec<(usize, Vec<PortId>)> {
        let mut into = VecDeque::new();
        assert_eq!(taker.take(&mut into, false), Taken::Some);
        let batches = into.into_iter().filter_map(|it| match it {
            Message::Packets { edge, packets } => Some((edge, packets.into_iter().map(|it| it.0).collect())),
            _ => None,
        });
        batches.collect()
    }

    #[test]
    fn what_does_not_fit_is_cut_off() {
        let (giver, mut taker) = queue(BOUNDS, Vec::new(), &Cancel::new());
        assert_eq!((send(&giver, 0, packets(3)), send(&giver, 1, packets(3))), (0, 2));
        assert_eq!(taken(&mut taker), [(0, vec![0, 1, 2]), (1, vec![0])]);
        let large = Bounds { packets: 64, burst: 64, bytes: 25 };
        let (giver, mut taker) = queue(large, Vec::new(), &Cancel::new());
        assert_eq!((send(&giver, 0, packets(3)), taken(&mut taker)), (1, vec![(0, vec![0, 1])]));
    }

    #[test]
    fn few_packets_join_those_that_wait_and_many_stay_together() {
        let (giver, mut taker) = queue(Bounds { packets: 64, ..BOUNDS }, Vec::new(), &Cancel::new());
        assert_eq!((send(&giver, 0, packets(1)), send(&giver, 0, packets(2))), (0, 0));
        assert_eq!(taken(&mut taker), [(0, vec![0, 0, 1])]);
        let (giver, mut taker) = queue(Bounds { packets: 64, bytes: 1_000, ..BOUNDS }, Vec::new(), &Cancel::new());
        assert_eq!((send(&giver, 0, packets(1)), send(&giver, 0, packets(FEW + 1))), (0, 0));
        assert_eq!(taken(&mut taker).len(), 2);
    }

    #[test]
    fn a_queue_holds_more_while_its_taker_is_quick() {
        let mut held = Held { limit: BOUNDS.packets, ..Held::default() };
        let mut now = Instant::now();
        let mut found_full = |held: &mut Held, after: Duration| {
            now += after;
            held.adapt(BOUNDS, now);
            held.limit
        };
        let (quick, slow) = (QUICK / 2, QUICK * 2);
        assert_eq!([slow, quick, quick, slow, quick].map(|it| found_full(&mut held, it)), [4, 8, 8, 4, 8]);
        let object = (0, Packet::new(Body::Object(Arc::new(Thing))));
        held.messages.push_back(Message::Packets { edge: 0, packets: Batch::from([object]) });
        assert_eq!(found_full(&mut held, quick), 4, "nobody knows how large objects are");
    }
}
