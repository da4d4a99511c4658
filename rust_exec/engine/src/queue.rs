//! The bounded queue before a stage: several givers, one taker, many packets at a time.
//!
//! To wake a thread costs more than many a call, so packets are handed over as many as there are: one lock and at most one
//! wake-up for all that a stage emitted in a moment, and for all that waits when its taker comes. They travel in the buffer in
//! which they were emitted, for to copy a packet's head from one to another, a dozen times, costs more than all else of a hop.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use crate::cancel::{Cancel, Wake};
use crate::content::{Batch, Bounds, Content, Message};
use crate::metrics::EdgeCounts;

/// The run is stopped, or nobody takes what is sent.
#[derive(Debug)]
pub(crate) struct Stopped;

struct Shared {
    held: Mutex<Held>,
    stop: Cancel,
    filled: Condvar,
    emptied: Condvar,
}

struct Held {
    content: Content,
    givers: usize,
    taker_gone: bool,
    taker_waits: bool,
    givers_waiting: usize,
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

    /// Let go of the lock, then wake the taker if it waits: woken before, it would wait for the lock.
    fn let_go(&self, mut held: MutexGuard<'_, Held>) {
        let waits = !held.content.is_empty() && std::mem::take(&mut held.taker_waits);
        drop(held);
        if waits {
            self.filled.notify_one();
        }
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
    let held = Held {
        content: Content::new(bounds),
        givers: 1,
        taker_gone: false,
        taker_waits: false,
        givers_waiting: 0,
        called: false,
    };
    let shared = Arc::new(Shared {
        held: Mutex::new(held),
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
            let sent = held.content.fill(edge, packets, bytes);
            counts.enter(sent.packets as u64, sent.bytes as u64);
            bytes -= sent.bytes;
            if !wait {
                counts.dropped(packets.len() as u64);
                packets.clear();
            }
            if packets.is_empty() {
                shared.let_go(held);
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
        held.content.mark(mark);
        shared.let_go(held);
        Ok(())
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
            if !held.content.is_empty() || std::mem::take(&mut held.called) {
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
        let packets = held.content.empty(into);
        // Before the lock is let go, so that no edge seems to hold more than the queue may.
        match &self.edges[..] {
            [edge] => edge.leave(packets as u64),
            _ => self.count(into),
        }
        let waits = held.givers_waiting > 0;
        drop(held);
        if waits {
            self.shared.emptied.notify_all();
        }
        Taken::Some
    }

    /// From now on, hold whatever is sent.
    pub(crate) fn unbound(&mut self) {
        self.shared.lock().content.unbound();
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
        // What is left is let go of without the lock.
        let mut left = VecDeque::new();
        let mut held = self.shared.lock();
        held.taker_gone = true;
        held.content.empty(&mut left);
        drop(held);
        self.shared.emptied.notify_all();
    }
}
