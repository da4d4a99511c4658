//! A graph made ready, and its run.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};
use std::time::Duration;

use remotemedia_manifest::{Edge, Graph, Manifest, Node, table};
use remotemedia_packet::Packet;

use crate::cancel::Cancel;
use crate::checkpoint::{self, Checkpointing, Leaves};
use crate::content::Bounds;
use crate::control::Control;
use crate::error::{NodeFailure, RunError};
use crate::intake::Input;
use crate::metrics::{Board, EdgeNames, Monitor};
use crate::pace::Pace;
use crate::parts::NodeParts;
use crate::policy::FailureSink;
use crate::queue::queue;
use crate::report::Report;
use crate::sink::{Drain, Sink};
use crate::stage::{Course, Stage};
use crate::wiring::Wiring;

/// Packets that wait before a stage at most, unless [`Pipeline::with_capacity`] says otherwise.
pub const DEFAULT_CAPACITY: usize = 64;

/// Packets that wait before a stage at most while that works off as many in a few milliseconds.
pub const BURST_CAPACITY: usize = 256;

/// Bytes of payload that wait before a stage at most, or one packet.
pub const CAPACITY_BYTES: usize = 8 << 20;

/// Stack of a stage's thread: what the main thread of a process has, because nodes may call C code that expects it.
const STACK: usize = 8 << 20;

/// A graph of nodes that is ready to run, once.
///
/// Every stage of fused nodes runs on a thread of its own; bounded queues between stages carry back-pressure to the
/// source. Packets of the run's input go to the first input port of every node that no edge leads to, unless it is a source.
/// What a node emits that no edge leaves goes to the sink, on the thread that called [`Pipeline::run`].
pub struct Pipeline {
    pub(crate) graph: Graph,
    pub(crate) nodes: Vec<NodeParts>,
    /// What is known of the node's ports.
    pub(crate) types: Vec<Option<&'static table::NodeType>>,
    /// Whether the node takes packets of several edges in the order of their times.
    pub(crate) by_time: Vec<bool>,
    pub(crate) bounds: Bounds,
    pub(crate) pace: Pace,
    /// Whether the input never waits for anybody.
    pub(crate) at_hand: bool,
    pub(crate) quick_sink: bool,
    pub(crate) board: Arc<Board>,
    pub(crate) control: Control,
    pub(crate) told: Option<Arc<dyn FailureSink>>,
}

impl Pipeline {
    /// Put instances to the nodes of a manifest.
    ///
    /// # Errors
    ///
    /// [`RunError::Setup`]: a node without an instance (`RM610`), a connection to a port that a node does not have
    /// (`RM213`), or between ports that have no kind of packet in common (`RM606`).
    pub fn new(manifest: &Manifest, instances: Vec<NodeParts>) -> Result<Self, RunError> {
        let mut instances: HashMap<String, NodeParts> =
            instances.into_iter().map(|it| (it.spec.id.clone(), it)).collect();
        let mut nodes = Vec::with_capacity(manifest.nodes.len());
        for node in &manifest.nodes {
            nodes.push(instances.remove(&node.id).ok_or_else(|| {
                let message = format!("expected an instance of node `{}`, got none", node.id);
                RunError::Setup(NodeFailure::new("RM610", message))
            })?);
        }
        let graph = Graph::of(manifest);
        let types: Vec<_> = manifest.nodes.iter().map(Node::built_in).collect();
        for edge in &graph.edges {
            let (giver, taker) = (&nodes[edge.from].spec, &nodes[edge.to].spec);
            expect_port(&giver.id, "output", &giver.outputs, &edge.from_port)?;
            expect_port(&taker.id, "input", &taker.inputs, &edge.to_port)?;
            expect_fit(edge, manifest, types[edge.from], types[edge.to])?;
        }
        let by_time = manifest.nodes.iter().map(|it| it.sync.as_deref() == Some("pts")).collect();
        let control = Control::new(nodes.iter().map(|it| it.spec.id.clone()).zip(types.iter().copied()));
        let board = Arc::new(board(&nodes, &graph));
        let bounds = Bounds { packets: DEFAULT_CAPACITY, burst: BURST_CAPACITY, bytes: CAPACITY_BYTES };
        Ok(Self {
            graph,
            nodes,
            types,
            by_time,
            bounds,
            pace: Pace::Batch,
            at_hand: false,
            quick_sink: false,
            board,
            control,
            told: None,
        })
    }

    /// Whether some node takes the run's input: one that no edge leads to, and that is no source.
    #[must_use]
    pub fn takes_input(&self) -> bool {
        let is_led_to = |node: usize| self.graph.edges.iter().any(|edge| edge.to == node);
        self.nodes.iter().enumerate().any(|(index, node)| !is_led_to(index) && !node.is_source())
    }

    /// The same with queues of at most so many packets.
    #[must_use]
    pub fn with_capacity(mut self, packets: usize) -> Self {
        self.bounds.packets = packets.max(1);
        self.bounds.burst = self.bounds.packets;
        self
    }

    /// The same with an input that never waits for anybody, such as a file's: many packets are taken from it at a time.
    #[must_use]
    pub fn with_input_at_hand(self) -> Self {
        Self { at_hand: true, ..self }
    }

    /// The same with a sink that takes less time than to wake a thread, or that needs the guard of the nodes itself: a
    /// pipeline of one stage then runs on the thread that called [`Pipeline::run`].
    #[must_use]
    pub fn with_quick_sink(self) -> Self {
        Self { quick_sink: true, ..self }
    }

    /// The same, taking its input so fast.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The same, telling of failures that do not end the run.
    #[must_use]
    pub fn telling(self, failures: Arc<dyn FailureSink>) -> Self {
        Self { told: Some(failures), ..self }
    }

    /// Looks at the run while it goes on.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        Monitor(Arc::clone(&self.board))
    }

    /// Asks things of the run while it goes on.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Run to the end of the input.
    ///
    /// `input` is iterated on another thread, and only if some node takes it; it should not block for longer than a
    /// cancellation may take. `sink` is given the id of a leaf and its packet, in order per leaf.
    ///
    /// # Errors
    ///
    /// The first failure, after everything that the failed node emitted before it has gone its way to the sink. On
    /// cancellation, and when the sink fails, all ends as soon as the calls under way return. All threads have ended when
    /// this returns.
    pub fn run<'a>(
        self,
        input: impl Iterator<Item = Result<Packet, NodeFailure>> + Send + 'a,
        sink: &mut dyn FnMut(&str, Packet) -> Result<(), NodeFailure>,
        cancel: &Cancel,
    ) -> Result<Report, RunError> {
        self.run_to(input, &mut |leaf: &str, packet: Packet| sink(leaf, packet), cancel)
    }

    /// The same for a sink that takes many packets at a time.
    ///
    /// # Errors
    ///
    /// As [`Pipeline::run`].
    pub fn run_to<'a>(
        self,
        input: impl Iterator<Item = Result<Packet, NodeFailure>> + Send + 'a,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Report, RunError> {
        self.go(Box::new(input), sink, None, cancel)
    }

    /// The same, with checkpoints from which another run of the same pipeline goes on; or going on from one.
    ///
    /// The input begins behind the packets that the checkpoint counts, and the sink holds what it held when the checkpoint
    /// was made.
    ///
    /// # Errors
    ///
    /// As [`Pipeline::run`]. `RM624`: a node's state cannot be noted. `RM623`: the checkpoint is of another pipeline.
    pub fn run_with_checkpoints<'a>(
        mut self,
        input: impl Iterator<Item = Result<Packet, NodeFailure>> + Send + 'a,
        sink: &mut dyn Sink,
        mut checkpointing: Checkpointing<'_>,
        cancel: &Cancel,
    ) -> Result<Report, RunError> {
        checkpoint::check(&mut self.nodes)?;
        self.go(Box::new(input), sink, Some(&mut checkpointing), cancel)
    }

    fn go(
        mut self,
        input: Input<'_>,
        sink: &mut dyn Sink,
        mut checkpointing: Option<&mut Checkpointing<'_>>,
        cancel: &Cancel,
    ) -> Result<Report, RunError> {
        let monitor = self.monitor();
        let board = &*monitor.0;
        let course = Course::new(self.control.draining());
        // Whoever waits outside hears of it too; whoever waits to let packets go at their times waits no longer.
        self.nodes.iter().for_each(|it| course.stop.also(&it.spec.cancel));
        course.stop.also(&course.drain);
        cancel.also(&course.stop);
        let quick_sink = self.quick_sink;
        // Where it matters how long a packet waits, or how many lie between two branches, nothing is gained by more.
        if self.pace == Pace::Live || self.by_time.contains(&true) {
            self.bounds.burst = self.bounds.packets;
        }
        let (leaves, outputs) = queue(self.bounds, Vec::new(), &course.stop);
        board.start();
        let mut wiring = Wiring::new(self, input, &leaves, &course);
        drop(leaves);
        if let Some(from) = checkpointing.as_mut().and_then(|it| it.from.take()) {
            wiring.resume(&from)?;
        }
        let timed = checkpointing.as_ref().map(|it| it.every);
        let leaves = wiring.stages.iter().filter(|it| it.outlet.is_leaf).count();
        let leaves = Leaves::new(&course.rounds, checkpointing, leaves);
        let drain = Drain { outputs, sink, board, leaves, cancel };
        let drained = match (&wiring.feeder, wiring.stages.pop()) {
            (None, Some(stage)) if quick_sink && timed.is_none() && wiring.stages.is_empty() => {
                inline(stage, drain, &course)
            }
            (_, last) => {
                wiring.stages.extend(last);
                threaded(wiring, drain, timed, &course)
            }
        };
        board.end();
        drained?;
        course.failure().map_or_else(|| Ok(monitor.report()), Err)
    }
}

/// Run a single stage, and hand out what it gives, on this thread.
fn inline(stage: Stage<'_>, mut drain: Drain<'_, '_>, course: &Course) -> Result<(), RunError> {
    // Nobody takes anything while the stage sends.
    drain.outputs.unbound();
    let mut drained = Ok(true);
    stage.run(course, &mut || {
        drained = drain.once(false);
        if drained.is_err() {
            course.stop.cancel();
        }
    });
    drained.and_then(|_| drain.run())
}

/// Run every stage on a thread of its own, and hand out on this one what they give; with a checkpoint from time to time.
fn threaded(
    mut wiring: Wiring<'_>,
    drain: Drain<'_, '_>,
    timed: Option<Duration>,
    course: &Course,
) -> Result<(), RunError> {
    let done = Cancel::new();
    course.stop.also(&done);
    scope(|scope| {
        let (stages, mut spawned) = spawn(scope, &mut wiring, course);
        if let (Some(every), Ok(())) = (timed, &spawned) {
            let (rounds, done) = (&course.rounds, &done);
            let keeper = thread("checkpoints").spawn_scoped(scope, move || rounds.keep_time(every, done));
            spawned = keeper.map(drop).map_err(|error| no_thread(course, &error));
        }
        let _abandoned = Abandoned(&course.stop);
        let drained = spawned.and_then(|()| drain.run());
        if drained.is_err() {
            // Whatever still runs has nobody left to give to.
            course.stop.cancel();
        }
        done.cancel();
        stages.into_iter().for_each(|it| it.join().unwrap_or_else(|panic| resume_unwind(panic)));
        drained
    })
}

/// Stops what still runs where the sink panics: its stages have nobody left to give to.
struct Abandoned<'a>(&'a Cancel);

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.cancel();
        }
    }
}

fn expect_port(node: &str, kind: &str, ports: &[String], name: &str) -> Result<(), RunError> {
    if ports.iter().any(|it| it == name) {
        return Ok(());
    }
    let message = format!("expected an {kind} port of node `{node}` ({}), got `{name}`", ports.join(", "));
    Err(RunError::Setup(NodeFailure::new("RM213", message)))
}

/// Refuse an edge that no packet can ever pass.
fn expect_fit(
    edge: &Edge,
    manifest: &Manifest,
    giver: Option<&table::NodeType>,
    taker: Option<&table::NodeType>,
) -> Result<(), RunError> {
    let given = giver.and_then(|it| it.outputs.iter().find(|it| it.name == edge.from_port));
    let taken = taker.and_then(|it| it.inputs.iter().find(|it| it.name == edge.to_port));
    let (Some(given), Some(taken)) = (given, taken) else { return Ok(()) };
    if given.types.iter().any(|it| taken.types.contains(it)) {
        return Ok(());
    }
    let (from, to) = (&manifest.nodes[edge.from].id, &manifest.nodes[edge.to].id);
    let (takes, gives) = (taken.types.join(" or "), given.types.join(" or "));
    let message =
        format!("expected {takes} on port `{}` of node `{to}`, got an edge of {gives} from `{from}`", taken.name);
    Err(RunError::Setup(NodeFailure::new("RM606", message).with_hint("put a node between them that converts")))
}

fn board(nodes: &[NodeParts], graph: &Graph) -> Board {
    let names = |edge: &Edge| EdgeNames {
        from: nodes[edge.from].spec.id.clone(),
        from_port: edge.from_port.clone(),
        to: nodes[edge.to].spec.id.clone(),
        to_port: edge.to_port.clone(),
    };
    let counted = nodes.iter().map(|it| (it.spec.id.clone(), it.kind, Arc::default()));
    Board::new(counted.collect(), graph.edges.iter().map(|it| (names(it), Arc::default())).collect())
}

/// Start the threads; of the stages that were started the handles, also when one could not be.
fn spawn<'scope, 'a: 'scope>(
    scope: &'scope Scope<'scope, '_>,
    wiring: &mut Wiring<'a>,
    course: &Course,
) -> (Vec<ScopedJoinHandle<'scope, ()>>, Result<(), RunError>) {
    let mut handles = Vec::new();
    for stage in std::mem::take(&mut wiring.stages) {
        let (thread, shared) = (thread(stage.chain.name()), course.clone());
        match thread.spawn_scoped(scope, move || stage.run(&shared, &mut || {})) {
            Ok(handle) => handles.push(handle),
            Err(error) => return (handles, Err(no_thread(course, &error))),
        }
    }
    if let Some(feeder) = wiring.feeder.take() {
        let shared = course.clone();
        if let Err(error) = thread("input").spawn_scoped(scope, move || feeder.run(&shared)) {
            return (handles, Err(no_thread(course, &error)));
        }
    }
    (handles, Ok(()))
}

/// A thread could not be started: those that were end.
fn no_thread(course: &Course, error: &std::io::Error) -> RunError {
    course.stop.cancel();
    RunError::Setup(NodeFailure::new("RM613", format!("expected a thread for every stage, got: {error}")))
}

/// A thread by that name, which must not hold a NUL.
fn thread(name: &str) -> Builder {
    Builder::new().name(name.replace('\0', "")).stack_size(STACK)
}
