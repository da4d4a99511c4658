//! What a run counted and measured, as programs read it.

use remotemedia_manifest::RuntimeKind;
use serde::Serialize;

/// What a run counted and measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// From the start of the run to its end, or to now, in nanoseconds.
    pub wall_ns: u64,
    /// From the start of the run to the first packet at the sink, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_output_ns: Option<u64>,
    /// Packets of a live run that came later than their time.
    pub late: u64,
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
    /// Bytes of payload it was given.
    pub bytes_in: u64,
    /// Bytes of payload it emitted.
    pub bytes_out: u64,
    /// How often it was called: `process`, `pull` and `flush`.
    pub calls: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Packets that were passed over because it failed on them.
    pub skipped: u64,
    /// How often it was made anew.
    pub restarts: u64,
    /// Time spent in calls, in nanoseconds; extrapolated from the timed ones.
    pub busy_ns: u64,
    /// Duration of its calls.
    pub call_ns: Times,
}

/// How long calls took, in nanoseconds, to 6 %.
///
/// The first 1 024 calls of a node are timed, and those after a call of more than 4 µs; of the others one in sixteen,
/// which stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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
    /// Upper bound of a bucket, inclusive, and how many calls it holds; sixteen buckets an octave, the empty left out.
    pub histogram: Vec<(u64, u64)>,
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
    /// Packets that went along it.
    pub packets: u64,
    /// Their bytes of payload.
    pub bytes: u64,
    /// Packets that wait in the queue now.
    pub depth: u64,
    /// The most packets that waited in the queue at once.
    pub high_water: u64,
    /// Packets that a live source gave while the queue was full.
    pub dropped: u64,
}
