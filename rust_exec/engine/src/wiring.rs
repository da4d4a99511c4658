//! The stages of one run, and the queues between them.

use std::sync::Arc;

use crossbeam_channel::{Sender, bounded};
use remotemedia_manifest::{Graph, table};
use remotemedia_packet::Packet;

use crate::chain::{Chain, Member};
use crate::intake::{Input, Intake, Queue};
use crate::merge::Merge;
use crate::metrics::{Depth, EdgeReport, NodeReport};
use crate::node::PortId;
use crate::outlet::{Lane, Outlet, Sequence, SinkLane};
use crate::pipeline::{NodeParts, Pipeline};
use crate::plan;
use crate::stage::{BATCH, Feeder, Stage};

/// The stages of one run, ready to be given a thread each.
pub(crate) struct Wiring<'a> {
    pub(crate) stages: Vec<Stage<'a>>,
    pub(crate) feeder: Option<Feeder<'a>>,
    /// In the manifest's order.
    edges: Vec<(EdgeReport, Arc<Depth>)>,
    /// Index in the manifest of every node, stage by stage.
    order: Vec<usize>,
    capacity: usize,
}

/// One edge that leads to a node, with its ports by index.
struct Wire {
    from: usize,
    from_port: PortId,
    to_port: PortId,
    depth: Arc<Depth>,
}

/// The edges that lead to each node, and the lanes that leave each node by output port, as far as they are laid.
struct Edges {
    incoming: Vec<Vec<Wire>>,
    is_leaf: Vec<bool>,
    lanes: Vec<Vec<Vec<Lane>>>,
}

impl<'a> Wiring<'a> {
    pub(crate) fn new(pipeline: Pipeline, input: Input<'a>, leaves: &Sender<(usize, Packet)>) -> Self {
        let Pipeline { graph, nodes, types, by_time, capacity } = pipeline;
        let kinds: Vec<_> = nodes.iter().map(|it| it.kind).collect();
        let waits: Vec<_> = nodes.iter().map(|it| it.instance.waits()).collect();
        let plan = plan::stages(&graph, &kinds, &waits);
        let (mut edges, reports) = Edges::new(&graph, &nodes, &plan);

        let is_fed = |head: usize| edges.incoming[head].is_empty() && !nodes[head].is_source();
        let fed: Vec<usize> = plan.iter().map(|stage| stage[0]).filter(|head| is_fed(*head)).collect();
        // A stage that works in batches needs a queue that batches can be taken from.
        let direct = matches!(fed[..], [head] if !waits[head] && nodes[head].instance.guard().is_none());
        let (mut input, mut fed_lanes) = (Some(input), Vec::new());
        let mut intakes = Vec::with_capacity(plan.len());
        for head in plan.iter().map(|stage| stage[0]) {
            intakes.push(if !edges.incoming[head].is_empty() {
                Intake::Queue(edges.lay(head, by_time[head], capacity))
            } else if !fed.contains(&head) {
                Intake::Source
            } else if direct && let Some(input) = input.take() {
                Intake::Run { input, sequence: Sequence::default() }
            } else {
                let (queue, lane) = feed(capacity);
                fed_lanes.push(lane);
                Intake::Queue(queue)
            });
        }
        let feeder = input.filter(|_| !fed_lanes.is_empty()).map(|input| Feeder { input, lanes: fed_lanes });

        let mut members: Vec<Option<Member>> =
            nodes.into_iter().zip(types).map(|(parts, types)| Some(member(parts, types))).collect();
        let stages = plan.iter().zip(intakes).map(|(stage, intake)| {
            let mut chain: Vec<Member> = stage.iter().filter_map(|node| members[*node].take()).collect();
            for (giver, taker) in chain.iter_mut().zip(&stage[1..]) {
                giver.forward = edges.incoming[*taker].first().map(|it| (it.from_port, it.to_port));
            }
            let outlet = edges.outlet(stage[stage.len() - 1], leaves);
            let chain = Chain::new(chain, matches!(intake, Intake::Source));
            Stage { chain, intake, outlet, batch: BATCH.min(capacity) }
        });
        Self { stages: stages.collect(), feeder, edges: reports, order: plan.concat(), capacity }
    }

    /// What every node did, in the manifest's order.
    pub(crate) fn node_reports(&self, chains: &[Chain]) -> Vec<NodeReport> {
        let members = chains.iter().flat_map(Chain::members);
        let mut reports: Vec<_> =
            self.order.iter().zip(members).map(|(node, it)| (*node, it.meter.report(&it.id, it.runtime))).collect();
        reports.sort_by_key(|(node, _)| *node);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// What passed along every edge, in the manifest's order.
    ///
    /// Depths are counted before sending and after taking, so they may be a packet or two above what the queue held.
    pub(crate) fn edge_reports(&self) -> Vec<EdgeReport> {
        let report = |(it, depth): &(EdgeReport, Arc<Depth>)| EdgeReport {
            high_water: depth.high_water().min(self.capacity),
            ..it.clone()
        };
        self.edges.iter().map(report).collect()
    }
}

impl Edges {
    /// All edges, none laid yet, and a report for each.
    fn new(graph: &Graph, nodes: &[NodeParts], plan: &[Vec<usize>]) -> (Self, Vec<(EdgeReport, Arc<Depth>)>) {
        let mut stage_of = vec![0; nodes.len()];
        for (index, stage) in plan.iter().enumerate() {
            stage.iter().for_each(|node| stage_of[*node] = index);
        }
        let lanes = nodes.iter().map(|it| it.spec.outputs.iter().map(|_| Vec::new()).collect()).collect();
        let incoming = nodes.iter().map(|_| Vec::new()).collect();
        let mut edges = Self { incoming, is_leaf: vec![true; nodes.len()], lanes };
        let mut reports = Vec::with_capacity(graph.edges.len());
        for edge in &graph.edges {
            let (giver, taker) = (&nodes[edge.from].spec, &nodes[edge.to].spec);
            let depth: Arc<Depth> = Arc::default();
            let report = EdgeReport {
                from: giver.id.clone(),
                from_port: edge.from_port.clone(),
                to: taker.id.clone(),
                to_port: edge.to_port.clone(),
                fused: stage_of[edge.from] == stage_of[edge.to],
                high_water: 0,
            };
            reports.push((report, Arc::clone(&depth)));
            edges.is_leaf[edge.from] = false;
            edges.incoming[edge.to].push(Wire {
                from: edge.from,
                from_port: index_of(&giver.outputs, &edge.from_port),
                to_port: index_of(&taker.inputs, &edge.to_port),
                depth,
            });
        }
        (edges, reports)
    }

    /// The queue before a node, and a lane into it for every edge that leads to the node.
    fn lay(&mut self, node: usize, by_time: bool, capacity: usize) -> Queue {
        let wires = &self.incoming[node];
        let (sender, receiver) = bounded(capacity);
        for (edge, wire) in wires.iter().enumerate() {
            self.lanes[wire.from][wire.from_port as usize].push(Lane {
                queue: sender.clone(),
                edge,
                port: wire.to_port,
                depth: Arc::clone(&wire.depth),
                sequence: Sequence::default(),
            });
        }
        let depths = wires.iter().map(|it| Arc::clone(&it.depth)).collect();
        Queue::new(receiver, depths, by_time.then(|| Merge::new(wires.len(), capacity)))
    }

    /// Where the packets of a node go; the lanes can be taken once.
    fn outlet(&mut self, node: usize, leaves: &Sender<(usize, Packet)>) -> Outlet {
        if self.is_leaf[node] {
            Outlet::Sink(SinkLane { queue: leaves.clone(), node, sequence: Sequence::default() })
        } else {
            Outlet::Lanes(std::mem::take(&mut self.lanes[node]))
        }
    }
}

/// A queue for the run's input.
fn feed(capacity: usize) -> (Queue, Lane) {
    let (queue, receiver) = bounded(capacity);
    let depth: Arc<Depth> = Arc::default();
    let lane = Lane { queue, edge: 0, port: 0, depth: Arc::clone(&depth), sequence: Sequence::default() };
    (Queue::new(receiver, vec![depth], None), lane)
}

fn member(parts: NodeParts, types: Option<&'static table::NodeType>) -> Member {
    let taken =
        |port: &String| types.and_then(|it| it.inputs.iter().find(|it| it.name == *port)).map(|it| it.types.clone());
    let inputs = parts.spec.inputs.iter().map(|port| (port.clone(), taken(port))).collect();
    Member::new(parts.spec.id, parts.kind, parts.instance, parts.spec.limits, inputs)
}

/// The port's index; every edge's ports were found when the pipeline was made.
fn index_of(ports: &[String], name: &str) -> PortId {
    ports.iter().position(|it| it == name).and_then(|it| PortId::try_from(it).ok()).unwrap_or(0)
}
