//! The node contract: what the engine asks of a runtime, the same as `schemas/node.wit` asks of a component.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use remotemedia_manifest::RuntimeKind;
use remotemedia_packet::Packet;
use serde_json::{Map, Value};

use crate::cancel::{Cancel, Waker};
use crate::content::Batch;
use crate::error::NodeFailure;

/// Index of a port in [`NodeSpec::inputs`] or [`NodeSpec::outputs`].
pub type PortId = u32;

/// Makes instances of nodes of one kind.
pub trait NodeRuntime: Send + Sync {
    /// The kind of node this runs.
    fn kind(&self) -> RuntimeKind;

    /// Make the node ready for its first packet.
    ///
    /// # Errors
    ///
    /// Whatever keeps the node from being made: parameters, code that does not load, a model that does not parse.
    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure>;
}

/// One node of a running pipeline. Calls never overlap, and all come from one thread.
pub trait NodeInstance: Send {
    /// Take one packet from an input port; push what it yields.
    ///
    /// # Errors
    ///
    /// The node failed on this packet; the engine's policy decides what becomes of the pipeline.
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure>;

    /// Take all packets that are there; asked instead of `process` where the node [waits](NodeInstance::waits).
    ///
    /// # Errors
    ///
    /// As [`NodeInstance::process`]; [`NodeInstance::in_hand`] tells on which packet.
    fn process_all(&mut self, packets: Vec<(PortId, Packet)>, out: &mut Outputs) -> Result<More, NodeFailure> {
        let mut more = More::No;
        for (port, packet) in packets {
            more = self.process(port, packet, out)?;
            while more == More::Yes {
                more = self.pull(usize::MAX, out)?;
            }
        }
        Ok(more)
    }

    /// The packet that a failed call was at, where it was not given that packet alone.
    fn in_hand(&mut self) -> Option<Packet> {
        None
    }

    /// Whether packets wait in the node behind the one that a failed call was at: where that one is passed over, [`Self::pull`]
    /// goes on with them.
    fn goes_on(&self) -> bool {
        false
    }

    /// Give at most `max` further packets: continues a [`More::Yes`], and drives a node without inputs.
    ///
    /// # Errors
    ///
    /// As [`NodeInstance::process`].
    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let _ = (max, out);
        Ok(More::No)
    }

    /// The input is at its end: give what is left.
    ///
    /// # Errors
    ///
    /// As [`NodeInstance::process`].
    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        let _ = out;
        Ok(More::No)
    }

    /// The node's state; `None` where there is none to speak of.
    ///
    /// # Errors
    ///
    /// The node has state that it cannot describe.
    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(None)
    }

    /// Become what a snapshot described.
    ///
    /// # Errors
    ///
    /// The bytes are not a snapshot of this node.
    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        let _ = state;
        Ok(())
    }

    /// Take another value for one of its parameters, from the next packet on.
    ///
    /// # Errors
    ///
    /// `RM619`: the parameter cannot change while the node runs. `RM211`: it can, but not to this value.
    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        let _ = value;
        Err(NodeFailure::new("RM619", format!("parameter `{name}` cannot change while the node runs")))
    }

    /// The last call.
    fn close(&mut self) {}

    /// Whether the node gives packets of its own accord: it is driven by `pull` and takes none of the run's input.
    ///
    /// Asked once, before the first call, and only of a node that no edge leads to. A node without input ports is a
    /// source in any case.
    fn is_source(&self) -> bool {
        false
    }

    /// Whether its calls wait for something that is not the processor: it then shares its thread with no other node, so
    /// that all nodes of a pipeline can wait at once, and is given all packets that are there.
    ///
    /// Asked before the first call.
    fn waits(&self) -> bool {
        false
    }

    /// Takes what wakes its thread while that waits for input; told once, before the first call, to a node that waits.
    fn wakes(&mut self, waker: Waker) {
        let _ = waker;
    }

    /// Whether `pull` has something to give without further input; asked when the thread was woken.
    fn has_more(&mut self) -> bool {
        false
    }

    /// What is to be held around a batch of calls, where holding it once is cheaper than in every call.
    ///
    /// Asked once, before the first call. While it is held, the engine never waits for another node.
    fn guard(&self) -> Option<Arc<dyn Guard>> {
        None
    }
}

/// Something that is held around a batch of calls, such as an interpreter's lock.
pub trait Guard: Send + Sync {
    /// Run the batch while holding it; exactly once.
    fn hold(&self, batch: &mut dyn FnMut());
}

/// Whether a node has more to give before it wants further input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// Call `pull` before the next packet.
    Yes,
    /// Ready for the next packet.
    No,
}

/// Where a node puts what it emits.
///
/// The engine bounds what one call may emit: what exceeds the bound is let go at once, so that a flood costs no memory,
/// and the call fails with `RM607`.
#[derive(Debug)]
pub struct Outputs {
    packets: Vec<(PortId, Packet)>,
    bytes: u64,
    max_packets: u64,
    max_bytes: u64,
    exceeded: bool,
}

impl Default for Outputs {
    fn default() -> Self {
        Self { packets: Vec::new(), bytes: 0, max_packets: u64::MAX, max_bytes: u64::MAX, exceeded: false }
    }
}

impl Outputs {
    /// An empty collection without bounds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty collection that takes what one call may emit.
    #[must_use]
    pub fn bounded(limits: &EffectiveLimits) -> Self {
        let mut outputs = Self::new();
        outputs.reset(limits);
        outputs
    }

    /// Emit on the first output port.
    pub fn push(&mut self, packet: Packet) {
        self.push_to(0, packet);
    }

    /// Emit on an output port.
    pub fn push_to(&mut self, port: PortId, packet: Packet) {
        let bytes = self.bytes.saturating_add(packet.byte_len() as u64);
        if self.exceeded || bytes > self.max_bytes || self.packets.len() as u64 >= self.max_packets {
            self.exceeded = true;
            return;
        }
        self.bytes = bytes;
        self.packets.push((port, packet));
    }

    /// How many packets have been emitted and not taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether nothing has been emitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// What has been emitted and not taken, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(PortId, Packet)> {
        self.packets.iter()
    }

    /// Take all that was emitted, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = (PortId, Packet)> + '_ {
        self.bytes = 0;
        self.packets.drain(..)
    }

    /// Move all that was emitted behind what is there; many packets in the buffer that holds them.
    pub(crate) fn move_to(&mut self, emitted: &mut Batch) {
        self.bytes = 0;
        if emitted.is_empty() && self.packets.len() > 1 {
            *emitted = std::mem::take(&mut self.packets).into();
        } else {
            emitted.extend(self.packets.drain(..));
        }
    }

    /// Make room for as many packets as a call takes.
    pub(crate) fn reserve(&mut self, packets: usize) {
        self.packets.reserve(packets);
    }

    /// Hold one packet, as if it alone had been emitted.
    pub(crate) fn load(&mut self, port: PortId, packet: Packet) {
        self.packets.clear();
        self.bytes = packet.byte_len() as u64;
        self.packets.push((port, packet));
    }

    /// The packet that alone was emitted.
    pub(crate) fn single(&mut self) -> Option<&mut (PortId, Packet)> {
        if let [single] = &mut self.packets[..] { Some(single) } else { None }
    }

    /// The packet that was emitted last.
    pub(crate) fn pop(&mut self) -> Option<(PortId, Packet)> {
        self.packets.pop()
    }

    /// Empty, and bounded for the next call.
    pub(crate) fn reset(&mut self, limits: &EffectiveLimits) {
        self.packets.clear();
        (self.bytes, self.exceeded) = (0, false);
        (self.max_packets, self.max_bytes) = (limits.output_packets, limits.output_bytes);
    }

    /// Bytes of payload that have been emitted and not taken.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether a bound was exceeded since the last reset.
    #[must_use]
    pub fn exceeded(&self) -> bool {
        self.exceeded
    }
}

/// All that a runtime is told of a node.
#[derive(Clone)]
pub struct NodeSpec {
    /// The node's id in the manifest.
    pub id: String,
    /// Its class name.
    pub node_type: String,
    /// `module:Class` of an author's class.
    pub entry: Option<String>,
    /// Constructor arguments, with parameters and files resolved: a file is an absolute path, or bytes by [`NodeSpec::files`].
    pub params: Map<String, Value>,
    /// Names of the input ports, by [`PortId`].
    pub inputs: Vec<String>,
    /// Names of the output ports, by [`PortId`].
    pub outputs: Vec<String>,
    /// Whether packets can reach the node: an edge leads to it, or the run has an input.
    pub fed: bool,
    /// Where the bytes of `{"$file": …}` and of modules come from.
    pub files: Arc<dyn FileSource>,
    /// The bounds in force.
    pub limits: EffectiveLimits,
    /// What the node is granted beyond its sandbox.
    pub grants: Vec<String>,
    /// Seed of the node's random numbers.
    pub seed: u64,
    /// Where its log lines go.
    pub log: Arc<dyn LogSink>,
    /// Cancelled when the run stops before its time: what the node waits for then ends.
    pub cancel: Cancel,
}

/// Where a node's files come from: a project directory, or a verified package.
pub trait FileSource: Send + Sync {
    /// The whole content of a project file, by its project-relative posix path; verified before it is given out.
    ///
    /// # Errors
    ///
    /// No such file, or its content is not what the package says.
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure>;

    /// The Python sources a node's class needs: project-relative posix path and text.
    ///
    /// # Errors
    ///
    /// As [`FileSource::read`].
    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure>;

    /// The file as a path, where it lies in a directory of the user's own and needs no verification.
    fn local_path(&self, path: &str) -> Option<PathBuf>;
}

/// Bounds in force for one node: the least of what host, plan and package say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EffectiveLimits {
    /// Bytes of memory.
    pub memory: u64,
    /// Wall time of one call.
    pub timeout: Duration,
    /// Bytes that one call may emit.
    pub output_bytes: u64,
    /// Packets that one call may emit.
    pub output_packets: u64,
    /// Bytes of log that one call may write.
    pub log_bytes: u64,
}

impl Default for EffectiveLimits {
    fn default() -> Self {
        Self {
            memory: 512 << 20,
            timeout: Duration::from_secs(30),
            output_bytes: 256 << 20,
            output_packets: 65_536,
            log_bytes: 64 << 10,
        }
    }
}

/// How urgent a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of Python's logging")]
pub enum LogLevel {
    Debug,
    Info,
    Warning,
    Error,
}

/// One line of a node's log.
#[derive(Clone, Copy, Debug)]
pub struct LogRecord<'a> {
    /// The node's id.
    pub node: &'a str,
    /// How urgent it is.
    pub level: LogLevel,
    /// The line, without control characters.
    pub message: &'a str,
    /// File and line of the author's that wrote it, where the runtime knows.
    pub place: Option<(&'a str, u32)>,
}

/// Takes the log lines of nodes.
pub trait LogSink: Send + Sync {
    /// One line.
    fn log(&self, record: &LogRecord<'_>);
}
