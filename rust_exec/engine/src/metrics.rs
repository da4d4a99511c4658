//! What a run counted and measured.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use remotemedia_manifest::RuntimeKind;
use serde::Serialize;

/// Calls of a node that are timed each; two clock reads cost about as much as the cheapest call.
const ALWAYS_TIMED: u64 = 1_024;

/// Of the calls after those, one in so many is timed.
const SAMPLE: u64 = 16;

/// What a run counted and measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// From the start of the run to its end, in nanoseconds.
    pub wall_ns: u64,
    /// From the start of the run to the first packet at the sink, in nanoseconds.
    pub first_output_ns: Option<u64>,
    /// The nodes, in the manifest's order.
    pub nodes: Vec<NodeReport>,
    /// The edges, in the manifest's order.
    pub edges: Vec<EdgeReport>,
}

/// What one node did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeReport {
    /// Its id.
    pub id: String,
    /// The runtime it ran in.
    pub runtime: RuntimeKind,
    /// Packets it was given.
    pub packets_in: u64,
    /// Packets it emitted.
    pub packets_out: u64,
    /// Bytes of payload it emitted.
    pub bytes_out: u64,
    /// How often it was called: `process`, `pull` and `flush`.
    pub calls: u64,
    /// Time spent in calls, in nanoseconds; extrapolated from the timed ones.
    pub busy_ns: u64,
    /// Duration of the timed calls.
    pub call_ns: Times,
}

/// How long calls took, in nanoseconds, to two digits. The first 1 024 calls of a node are timed, then one in sixteen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// How many calls were timed.
    pub timed: u64,
    /// Half of the calls took at most this.
    pub p50: u64,
    /// 95 % of the calls took at most this.
    pub p95: u64,
    /// 99 % of the calls took at most this.
    pub p99: u64,
    /// No timed call took more.
    pub max: u64,
}

/// What passed along one edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgeReport {
    /// Id of the node that gives.
    pub from: String,
    /// Its output port.
    pub from_port: String,
    /// Id of the node that takes.
    pub to: String,
    /// Its input port.
    pub to_port: String,
    /// Whether there is no queue, because both nodes run in one stage.
    pub fused: bool,
    /// The most packets of this edge that waited in the queue at once.
    pub high_water: usize,
}

/// A call that takes longer counts as one of an hour.
const LONGEST_NS: u64 = 3_600_000_000_000;

/// Counts one node's calls.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) packets_in: u64,
    pub(crate) packets_out: u64,
    pub(crate) bytes_out: u64,
    calls: u64,
    timed_ns: u64,
    histogram: Histogram<u32>,
}

impl Meter {
    pub(crate) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST_NS, 2).expect("the bounds are in range");
        Self { packets_in: 0, packets_out: 0, bytes_out: 0, calls: 0, timed_ns: 0, histogram }
    }

    /// A call begins; its start, if it is to be timed.
    pub(crate) fn begin(&mut self) -> Option<Instant> {
        self.calls += 1;
        (self.calls <= ALWAYS_TIMED || self.calls.is_multiple_of(SAMPLE)).then(Instant::now)
    }

    /// The call ended.
    pub(crate) fn end(&mut self, start: Option<Instant>) {
        if let Some(start) = start {
            let elapsed = nanoseconds(start.elapsed());
            self.timed_ns += elapsed;
            self.histogram.saturating_record(elapsed.max(1));
        }
    }

    pub(crate) fn report(&self, id: &str, runtime: RuntimeKind) -> NodeReport {
        let timed = self.histogram.len();
        let call_ns = Times {
            timed,
            p50: self.histogram.value_at_quantile(0.50),
            p95: self.histogram.value_at_quantile(0.95),
            p99: self.histogram.value_at_quantile(0.99),
            max: self.histogram.max(),
        };
        let all = u128::from(self.timed_ns) * u128::from(self.calls);
        let busy_ns = all.checked_div(u128::from(timed)).unwrap_or(0);
        NodeReport {
            id: id.to_owned(),
            runtime,
            packets_in: self.packets_in,
            packets_out: self.packets_out,
            bytes_out: self.bytes_out,
            calls: self.calls,
            busy_ns: u64::try_from(busy_ns).unwrap_or(u64::MAX),
            call_ns,
        }
    }
}

/// How many packets of one edge wait in a queue; counted up by the giver, down by the taker.
#[derive(Debug, Default)]
pub(crate) struct Depth {
    now: AtomicUsize,
    high: AtomicUsize,
}

impl Depth {
    pub(crate) fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.high.fetch_max(now, Ordering::Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn high_water(&self) -> usize {
        self.high.load(Ordering::Relaxed)
    }
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
