//! A graph made ready, and its run.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};
use std::time::Instant;

use crossbeam_channel::{Receiver, TryRecvError, bounded, select_biased};
use remotemedia_manifest::{Graph, Manifest, Node, RuntimeKind, table};
use remotemedia_packet::Packet;

use crate::cancel::Cancel;
use crate::chain::Chain;
use crate::error::{NodeError, NodeFailure, RunError};
use crate::metrics::{Report, nanoseconds};
use crate::node::{NodeInstance, NodeRuntime, NodeSpec};
use crate::stage::{Control, panicked};
use crate::wiring::Wiring;

/// Packets that wait before a stage at most, unless [`Pipeline::with_capacity`] says otherwise.
pub const DEFAULT_CAPACITY: usize = 64;

/// Stack of a stage's thread: what the main thread of a process has, because nodes may call C code that expects it.
const STACK: usize = 8 << 20;

/// One node and what runs it.
pub struct NodeParts {
    /// What the node was told.
    pub spec: NodeSpec,
    /// The runtime it runs in.
    pub kind: RuntimeKind,
    /// The node.
    pub instance: Box<dyn NodeInstance>,
}

impl NodeParts {
    /// Whether it gives packets of its own accord, and takes none of the run's input.
    pub(crate) fn is_source(&self) -> bool {
        self.spec.inputs.is_empty() || self.instance.is_source()
    }

    /// Make the node.
    ///
    /// # Errors
    ///
    /// As [`NodeRuntime::instantiate`], with the call `init`; a panic of the runtime is an error of the node.
    pub fn make(runtime: &dyn NodeRuntime, spec: NodeSpec) -> Result<Self, Box<NodeError>> {
        let kind = runtime.kind();
        let made = catch_unwind(AssertUnwindSafe(|| runtime.instantiate(&spec)));
        match made.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
            Ok(instance) => Ok(Self { spec, kind, instance }),
            Err(failure) => {
                let (node, call) = (spec.id, "init");
                Err(Box::new(NodeError { node, runtime: kind, call, seq: None, input: None, failure }))
            }
        }
    }
}

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
    pub(crate) capacity: usize,
}

impl Pipeline {
    /// Put instances to the nodes of a manifest.
    ///
    /// # Errors
    ///
    /// [`RunError::Setup`]: a node without an instance (`RM610`), or a connection to a port that a node does not have
    /// (`RM213`).
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
        for edge in &graph.edges {
            let (giver, taker) = (&nodes[edge.from].spec, &nodes[edge.to].spec);
            expect_port(&giver.id, "output", &giver.outputs, &edge.from_port)?;
            expect_port(&taker.id, "input", &taker.inputs, &edge.to_port)?;
        }
        let types = manifest.nodes.iter().map(Node::built_in).collect();
        let by_time = manifest.nodes.iter().map(|it| it.sync.as_deref() == Some("pts")).collect();
        Ok(Self { graph, nodes, types, by_time, capacity: DEFAULT_CAPACITY })
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
        self.capacity = packets.max(1);
        self
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
        let started = Instant::now();
        let ids: Vec<String> = self.nodes.iter().map(|it| it.spec.id.clone()).collect();
        let control = Control::default();
        let (leaves, outputs) = bounded(self.capacity);
        let mut wiring = Wiring::new(self, Box::new(input), &leaves);
        drop(leaves);
        let mut first_output = None;
        let mut take = |node: usize, packet: Packet| {
            first_output.get_or_insert_with(|| nanoseconds(started.elapsed()));
            sink(&ids[node], packet)
        };
        let (drained, chains) = scope(|scope| {
            let (stages, spawned) = spawn(scope, &mut wiring, &control);
            let drained = spawned.and_then(|()| drain(&outputs, &mut take, cancel));
            // Whatever still runs has nobody left to give to.
            control.stop.cancel();
            drop(outputs);
            let chains: Vec<Chain> =
                stages.into_iter().map(|it| it.join().unwrap_or_else(|panic| resume_unwind(panic))).collect();
            (drained, chains)
        });
        drained?;
        match control.failure() {
            Some(error) => Err(error),
            None => Ok(Report {
                wall_ns: nanoseconds(started.elapsed()),
                first_output_ns: first_output,
                nodes: wiring.node_reports(&chains),
                edges: wiring.edge_reports(),
            }),
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

/// Start the threads; of the stages that were started the handles, also when one could not be.
fn spawn<'scope, 'a: 'scope>(
    scope: &'scope Scope<'scope, '_>,
    wiring: &mut Wiring<'a>,
    control: &Control,
) -> (Vec<ScopedJoinHandle<'scope, Chain>>, Result<(), RunError>) {
    let mut handles = Vec::new();
    let refused = |error: std::io::Error| {
        control.stop.cancel();
        RunError::Setup(NodeFailure::new("RM613", format!("expected a thread for every stage, got: {error}")))
    };
    for stage in std::mem::take(&mut wiring.stages) {
        let name = stage.chain.members()[0].id.clone();
        let control = control.clone();
        let spawned = thread(&name).spawn_scoped(scope, move || stage.run(&control));
        match spawned {
            Ok(handle) => handles.push(handle),
            Err(error) => return (handles, Err(refused(error))),
        }
    }
    if let Some(feeder) = wiring.feeder.take() {
        let control = control.clone();
        if let Err(error) = thread("input").spawn_scoped(scope, move || feeder.run(&control)) {
            return (handles, Err(refused(error)));
        }
    }
    (handles, Ok(()))
}

/// A thread by that name, which must not hold a NUL.
fn thread(name: &str) -> Builder {
    Builder::new().name(name.replace('\0', "")).stack_size(STACK)
}

/// Hand what comes out of the leaves to the sink, until the last of them has ended.
fn drain(
    outputs: &Receiver<(usize, Packet)>,
    take: &mut dyn FnMut(usize, Packet) -> Result<(), NodeFailure>,
    cancel: &Cancel,
) -> Result<(), RunError> {
    loop {
        if cancel.is_cancelled() {
            return Err(RunError::Cancelled);
        }
        let (node, packet) = match outputs.try_recv() {
            Ok(output) => output,
            Err(TryRecvError::Disconnected) => return Ok(()),
            Err(TryRecvError::Empty) => select_biased! {
                recv(cancel.signal()) -> _ => continue,
                recv(outputs) -> output => match output {
                    Ok(output) => output,
                    Err(_) => return Ok(()),
                },
            },
        };
        take(node, packet).map_err(RunError::Output)?;
    }
}
