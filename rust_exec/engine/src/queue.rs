//! The bounded queue before a stage: several givers, one taker, many packets at a time.
//!
//! To wake a thread costs more than many a call, so packets are handed over as many as there are: one lock and at most one
//! wake-up for all that a stage emitted in a moment, and for all that waits when its taker comes.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use remotemedia_packet::Packet;

use crate::cancel::{Cancel, Wake};
use crate::metrics::EdgeCounts;
use crate::node::PortId;

/// What travels in a queue.
pub(crate) enum Message {
    /// A packet of one edge, for an input port.
    Packet { edge: usize, port: PortId, packet: Packet },
    /// Nothing more comes along this edge. A queue that closes without it was abandoned: a giver failed.
    End { edge: usize },
    /// Behind this edge's packets a checkpoint begins.
    Barrier { edge: usize },
}

/// What a queue holds at most; one packet always fits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) packets: usize,
    pub(crate) bytes: usize,
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
        held: Mutex::new(Held { givers: 1, ..Held::default() }),
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
    /// Send all of one edge's messages, in order, and leave none.
    ///
    /// While the queue is full it waits; or where it is not to, packets that do not fit are dropped, and counted.
    pub(crate) fn send(
        &self,
        messages: &mut VecDeque<Message>,
        counts: &EdgeCounts,
        wait: bool,
    ) -> Result<(), Stopped> {
        let shared = &*self.0;
        let mut held = shared.lock();
        loop {
            if held.taker_gone || shared.stop.is_cancelled() {
                messages.clear();
                return Err(Stopped);
            }
            held.fill(messages, counts, shared.bounds);
            if held.taker_waits && !held.messages.is_empty() {
                held.taker_waits = false;
                shared.filled.notify_one();
            }
            if !wait {
                counts.dropped(messages.len() as u64);
                messages.clear();
            }
            if messages.is_empty() {
                return Ok(());
            }
            held.givers_waiting += 1;
            held = shared.emptied.wait(held).unwrap_or_else(PoisonError::into_inner);
            held.givers_waiting -= 1;
        }
    }
}

impl Held {
    /// Take in what fits.
    fn fill(&mut self, messages: &mut VecDeque<Message>, counts: &EdgeCounts, bounds: Bounds) {
        let (mut packets, mut bytes) = (0, 0);
        while let Some(message) = messages.front() {
            if let Message::Packet { packet, .. } = message {
                let size = packet.byte_len();
                let fits = self.packets < bounds.packets && self.bytes.saturating_add(size) <= bounds.bytes;
                if !fits && self.packets > 0 && !self.unbound {
                    break;
                }
                self.packets += 1;
                self.bytes += size;
                (packets, bytes) = (packets + 1, bytes + size as u64);
            }
            self.messages.extend(messages.pop_front());
        }
        counts.enter(packets, bytes);
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
        std::mem::swap(&mut held.messages, into);
        // Before the lock is let go, so that no edge seems to hold more than the queue may.
        match &self.edges[..] {
            [edge] => edge.leave(held.packets as u64),
            _ => self.count(into),
        }
        (held.packets, held.bytes) = (0, 0);
        if held.givers_waiting > 0 {
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
        let mut run = (0, 0);
        for message in taken {
            let (Message::Packet { edge, .. } | Message::End { edge } | Message::Barrier { edge }) = message;
            if *edge != run.0 {
                self.leave(run);
                run = (*edge, 0);
            }
            run.1 += u64::from(matches!(message, Message::Packet { .. }));
        }
        self.leave(run);
    }

    fn leave(&self, (edge, packets): (usize, u64)) {
        if let Some(edge) = self.edges.get(edge) {
            edge.leave(packets);
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
