//! What a run counts and measures, while it goes on: each count has one thread that writes it, and any that read it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use remotemedia_manifest::RuntimeKind;

use crate::histogram::Histogram;
use crate::report::{EdgeReport, NodeReport, Report, Times};

/// Calls of a node that are timed each, at first.
const ALWAYS_TIMED: u64 = 1_024;

/// Of the calls after those, one in so many is timed; two clock reads cost about as much as the cheapest call.
const SAMPLE: u64 = 16;

/// A call that takes longer is worth two clock reads.
const SLOW: Duration = Duration::from_micros(4);

/// A number that one thread counts up.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, number: u64) {
        // No other thread writes it, so that the addition need not be atomic.
        self.0.store(self.get() + number, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn rise_to(&self, number: u64) {
        if number > self.get() {
            self.0.store(number, Ordering::Relaxed);
        }
    }
}

/// What one node did so far. One thread writes it, any may read it.
#[derive(Debug, Default)]
pub struct NodeCounts {
    pub(crate) packets_in: Count,
    pub(crate) packets_out: Count,
    pub(crate) bytes_in: Count,
    pub(crate) bytes_out: Count,
    pub(crate) errors: Count,
    pub(crate) skipped: Count,
    pub(crate) restarts: Count,
    calls: Count,
    timed: Count,
    busy_ns: Count,
    max_ns: Count,
    histogram: Histogram,
}

impl NodeCounts {
    /// How many packets went into the node.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.packets_in.get()
    }

    /// The counts under the node's name.
    #[must_use]
    pub fn report(&self, id: &str, runtime: RuntimeKind) -> NodeReport {
        let histogram = self.histogram.buckets();
        let max = self.max_ns.get();
        let [p50, p95, p99] = Histogram::quantiles(&histogram, [0.50, 0.95, 0.99]).map(|it| it.min(max));
        NodeReport {
            id: id.to_owned(),
            runtime,
            packets_in: self.packets_in.get(),
            packets_out: self.packets_out.get(),
            bytes_in: self.bytes_in.get(),
            bytes_out: self.bytes_out.get(),
            calls: self.calls.get(),
            errors: self.errors.get(),
            skipped: self.skipped.get(),
            restarts: self.restarts.get(),
            busy_ns: self.busy_ns.get(),
            call_ns: Times { timed: self.timed.get(), p50, p95, p99, max, histogram },
        }
    }
}

/// What passed along one edge so far. The giver counts `sent`, `bytes`, `high` and `dropped`, the taker `taken`.
#[derive(Debug, Default)]
pub(crate) struct EdgeCounts {
    sent: Count,
    bytes: Count,
    taken: Count,
    high: Count,
    dropped: Count,
    /// Whether there is no queue.
    pub(crate) fused: AtomicBool,
}

impl EdgeCounts {
    /// Packets went into the queue.
    pub(crate) fn enter(&self, packets: u64, bytes: u64) {
        self.sent.add(packets);
        self.bytes.add(bytes);
        self.high.rise_to(self.depth());
    }

    /// Packets were taken from the queue.
    pub(crate) fn leave(&self, packets: u64) {
        self.taken.add(packets);
    }

    /// Packets went from one call to the next.
    pub(crate) fn pass(&self, packets: u64, bytes: u64) {
        self.sent.add(packets);
        self.taken.add(packets);
        self.bytes.add(bytes);
    }

    /// Packets were dropped, because the queue was full.
    pub(crate) fn dropped(&self, packets: u64) {
        self.dropped.add(packets);
    }

    fn depth(&self) -> u64 {
        let taken = self.taken.get();
        self.sent.get().saturating_sub(taken)
    }
}

/// Counts and times what one node does, for the engine, or for whoever calls several nodes as one.
#[derive(Debug)]
pub struct Meter {
    pub(crate) counts: Arc<NodeCounts>,
    /// The number of the next call that is timed.
    next: u64,
    /// How many calls there had been when the last was timed.
    last: u64,
}

impl Meter {
    /// One that writes these counts, and alone does.
    #[must_use]
    pub fn new(counts: Arc<NodeCounts>) -> Self {
        Self { counts, next: 1, last: 0 }
    }

    /// Packets went into the node.
    pub fn took(&self, packets: u64) {
        self.counts.packets_in.add(packets);
    }

    /// Packets came out of the node.
    pub fn gave(&self, packets: u64) {
        self.counts.packets_out.add(packets);
    }

    /// The counts it writes.
    #[must_use]
    pub fn counts(&self) -> &NodeCounts {
        &self.counts
    }

    /// A call begins; its start, if it is to be timed.
    pub fn begin(&mut self) -> Option<Instant> {
        self.counts.calls.add(1);
        (self.counts.calls.get() >= self.next).then(Instant::now)
    }

    /// The call ended. A timed call stands for all since the last that was timed.
    pub fn end(&mut self, start: Option<Instant>) {
        let Some(start) = start else { return };
        let elapsed = start.elapsed();
        let (nanoseconds, calls) = (nanoseconds(elapsed), self.counts.calls.get());
        let weight = calls - self.last;
        self.counts.timed.add(1);
        self.counts.busy_ns.add(nanoseconds.saturating_mul(weight));
        self.counts.max_ns.rise_to(nanoseconds);
        self.counts.histogram.record(nanoseconds, weight);
        self.last = calls;
        self.next = calls + if calls < ALWAYS_TIMED || elapsed > SLOW { 1 } else { SAMPLE };
    }
}

/// The names of an edge's ends and ports.
#[derive(Debug)]
pub(crate) struct EdgeNames {
    pub(crate) from: String,
    pub(crate) from_port: String,
    pub(crate) to: String,
    pub(crate) to_port: String,
}

/// Id, runtime and counts of a node.
type Node = (String, RuntimeKind, Arc<NodeCounts>);

/// Names and counts of an edge.
type Edge = (EdgeNames, Arc<EdgeCounts>);

/// All that one run counts.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// In the manifest's order, as the edges are.
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    /// Packets that came after their time; several threads count.
    pub(crate) late: AtomicU64,
    started: OnceLock<Instant>,
    wall_ns: OnceLock<u64>,
    first_output_ns: OnceLock<u64>,
}

impl Board {
    pub(crate) fn new(nodes: Vec<Node>, edges: Vec<Edge>) -> Self {
        Self { nodes, edges, ..Self::default() }
    }

    pub(crate) fn start(&self) {
        let _ = self.started.set(Instant::now());
    }

    pub(crate) fn output(&self) {
        if self.first_output_ns.get().is_none() {
            let _ = self.first_output_ns.set(self.elapsed());
        }
    }

    pub(crate) fn end(&self) {
        let _ = self.wall_ns.set(self.elapsed());
    }

    fn elapsed(&self) -> u64 {
        self.started.get().map_or(0, |it| nanoseconds(it.elapsed()))
    }
}

/// Looks at a run while it goes on; clones look at the same run.
#[derive(Clone, Debug)]
pub struct Monitor(pub(crate) Arc<Board>);

impl Monitor {
    /// What was counted and measured so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let board = &*self.0;
        Report {
            wall_ns: board.wall_ns.get().copied().unwrap_or_else(|| board.elapsed()),
            first_output_ns: board.first_output_ns.get().copied(),
            late: board.late.load(Ordering::Relaxed),
            nodes: board.nodes.iter().map(|(id, runtime, counts)| counts.report(id, *runtime)).collect(),
            edges: board.edges.iter().map(|(names, counts)| edge_report(names, counts)).collect(),
        }
    }
}

fn edge_report(names: &EdgeNames, counts: &EdgeCounts) -> EdgeReport {
    EdgeReport {
        from: names.from.clone(),
        from_port: names.from_port.clone(),
        to: names.to.clone(),
        to_port: names.to_port.clone(),
        fused: counts.fused.load(Ordering::Relaxed),
        packets: counts.sent.get(),
        bytes: counts.bytes.get(),
        depth: counts.depth(),
        high_water: counts.high.get(),
        dropped: counts.dropped.get(),
    }
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
