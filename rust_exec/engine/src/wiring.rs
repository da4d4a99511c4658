//! The stages of one run, and the queues between them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use remotemedia_manifest::{Graph, table};
use remotemedia_packet::Kind;

use crate::cancel::Waker;
use crate::chain::Chain;
use crate::checkpoint::{Barrier, Checkpoint};
use crate::content::Bounds;
use crate::control::Control;
use crate::error::RunError;
use crate::intake::{Input, Intake, Queue};
use crate::member::{self, Forward, Member};
use crate::merge::Merge;
use crate::metrics::{Board, EdgeCounts, Meter};
use crate::node::PortId;
use crate::outlet::{Lane, Outlet, Sequence};
use crate::pace::{Pace, Pacer};
use crate::parts::NodeParts;
use crate::pipeline::Pipeline;
use crate::plan;
use crate::policy::FailureSink;
use crate::queue::{Giver, queue};
use crate::stage::{BATCH, Course, Feeder, Stage};

/// Packets of one edge that wait at a fan-in by time before the earliest goes on, in queues.
///
/// A stage that is given a queue's content, a queue's content before it and one behind it may lie between two edges.
const PATIENCE: usize = 4;

/// What an input port may take.
const KINDS: [Kind; 6] = [Kind::Audio, Kind::Video, Kind::Tensor, Kind::Text, Kind::Json, Kind::Bytes];

/// The stages of one run, ready to be given a thread each.
pub(crate) struct Wiring<'a> {
    pub(crate) stages: Vec<Stage<'a>>,
    pub(crate) feeder: Option<Feeder<'a>>,
}

/// One edge that leads to a node, with its ports by index.
struct Wire {
    from: usize,
    from_port: PortId,
    to_port: PortId,
    counts: Arc<EdgeCounts>,
}

/// The edges that lead to each node, and the lanes that leave each node by output port, as far as they are laid.
struct Edges<'a> {
    incoming: Vec<Vec<Wire>>,
    is_leaf: Vec<bool>,
    lanes: Vec<Vec<Vec<Lane>>>,
    bounds: Bounds,
    course: &'a Course,
}

impl<'a> Wiring<'a> {
    pub(crate) fn new(pipeline: Pipeline, input: Input<'a>, leaves: &Giver, course: &Course) -> Self {
        let Pipeline { graph, nodes, types, by_time, bounds, pace, at_hand, board, control, told, .. } = pipeline;
        let kinds: Vec<_> = nodes.iter().map(|it| it.kind).collect();
        let pacer = (pace == Pace::Live).then(|| Pacer::new(Arc::clone(&board), course.drain.clone()));
        let is_source = |node: usize| nodes[node].is_source() && graph.edges.iter().all(|it| it.to != node);
        // A live source gives its packets one by one at their times: it shares its thread with nobody.
        let alone = |node: usize| nodes[node].instance.waits() || (pacer.is_some() && is_source(node));
        let alone: Vec<bool> = (0..nodes.len()).map(alone).collect();
        let plan = plan::stages(&graph, &kinds, &alone);
        let mut edges = Edges::new(&graph, &nodes, &plan, &board, bounds, course);

        let is_fed = |head: usize| edges.incoming[head].is_empty() && !nodes[head].is_source();
        let fed: Vec<usize> = plan.iter().map(|stage| stage[0]).filter(|head| is_fed(*head)).collect();
        // A stage that waits for the input itself would hear of nothing else.
        let direct = fed.len() == 1 && at_hand;
        let (mut input, mut fed_lanes) = (Some(input), Vec::new());
        let mut intakes = Vec::with_capacity(plan.len());
        for head in plan.iter().map(|stage| stage[0]) {
            intakes.push(if !edges.incoming[head].is_empty() {
                Intake::Queue(edges.lay(head, by_time[head]))
            } else if !fed.contains(&head) {
                Intake::Source
            } else if direct && let Some(input) = input.take() {
                Intake::Run { input, sequence: Sequence::default(), taken: 0, at_hand: at_hand && pacer.is_none() }
            } else {
                let (queue, lane) = edges.feed();
                fed_lanes.push(lane);
                Intake::Queue(queue)
            });
        }
        let input = input.filter(|_| !fed_lanes.is_empty());
        let feeder = input.map(|input| Feeder { input, lanes: fed_lanes, pacer: pacer.clone(), taken: 0 });

        let parts = nodes.into_iter().zip(types).enumerate();
        let mut members: Vec<Option<Member>> =
            parts.map(|(index, (parts, types))| Some(member(parts, types, &board, index, told.clone()))).collect();
        let stages = plan.iter().zip(intakes).map(|(stage, intake)| {
            let chain: Vec<Member> = stage.iter().filter_map(|node| members[*node].take()).collect();
            edges.stage(stage, chain, intake, leaves, &control, pacer.as_ref())
        });
        let mut stages: Vec<_> = stages.collect();
        stages.iter_mut().enumerate().for_each(|(index, stage)| stage.barrier.stage = index);
        Self { stages, feeder }
    }

    /// Become what a checkpoint says, before the first call.
    pub(crate) fn resume(&mut self, checkpoint: &Checkpoint) -> Result<(), RunError> {
        let ids: Vec<Vec<String>> = self.stages.iter_mut().map(|it| it.ids()).collect();
        checkpoint.expect(&ids).map_err(RunError::Setup)?;
        self.stages.iter_mut().try_for_each(|it| it.resume(checkpoint))?;
        if let Some(feeder) = &mut self.feeder {
            feeder.taken = checkpoint.input;
            feeder.lanes.iter_mut().zip(&checkpoint.fed).for_each(|(lane, state)| lane.sequence.resume(state));
        }
        Ok(())
    }
}

impl<'c> Edges<'c> {
    /// All edges, none laid yet.
    fn new(
        graph: &Graph,
        nodes: &[NodeParts],
        plan: &[Vec<usize>],
        board: &Board,
        bounds: Bounds,
        course: &'c Course,
    ) -> Self {
        let mut stage_of = vec![0; nodes.len()];
        for (index, stage) in plan.iter().enumerate() {
            stage.iter().for_each(|node| stage_of[*node] = index);
        }
        let lanes = nodes.iter().map(|it| it.spec.outputs.iter().map(|_| Vec::new()).collect()).collect();
        let incoming = nodes.iter().map(|_| Vec::new()).collect();
        let mut edges = Self { incoming, is_leaf: vec![true; nodes.len()], lanes, bounds, course };
        for (edge, (_, counts)) in graph.edges.iter().zip(&board.edges) {
            counts.fused.store(stage_of[edge.from] == stage_of[edge.to], Ordering::Relaxed);
            edges.is_leaf[edge.from] = false;
            edges.incoming[edge.to].push(Wire {
                from: edge.from,
                from_port: index_of(&nodes[edge.from].spec.outputs, &edge.from_port),
                to_port: index_of(&nodes[edge.to].spec.inputs, &edge.to_port),
                counts: Arc::clone(counts),
            });
        }
        edges
    }

    /// The queue before a node, and a lane into it for every edge that leads to the node.
    fn lay(&mut self, node: usize, by_time: bool) -> Queue {
        let wires = &self.incoming[node];
        let counts = wires.iter().map(|it| Arc::clone(&it.counts)).collect();
        let (giver, taker) = queue(self.bounds, counts, &self.course.stop);
        for (edge, wire) in wires.iter().enumerate() {
            let lane = Lane::new(giver.clone(), edge, wire.to_port, Arc::clone(&wire.counts));
            self.lanes[wire.from][wire.from_port as usize].push(lane);
        }
        Queue::new(
            taker,
            wires.len(),
            by_time.then(|| Merge::new(wires.len(), self.bounds.packets.saturating_mul(PATIENCE))),
        )
    }

    /// A queue for the run's input.
    fn feed(&self) -> (Queue, Lane) {
        let counts: Arc<EdgeCounts> = Arc::default();
        let (giver, taker) = queue(self.bounds, vec![Arc::clone(&counts)], &self.course.stop);
        (Queue::new(taker, 1, None), Lane::new(giver, 0, 0, counts))
    }

    fn stage<'a>(
        &mut self,
        nodes: &[usize],
        mut members: Vec<Member>,
        intake: Intake<'a>,
        leaves: &Giver,
        control: &Control,
        pacer: Option<&Pacer>,
    ) -> Stage<'a> {
        for (giver, taker) in members.iter_mut().zip(&nodes[1..]) {
            giver.forward = self.incoming[*taker].first().map(|it| Forward {
                from: it.from_port,
                to: it.to_port,
                sequence: Sequence::default(),
                counts: Arc::clone(&it.counts),
            });
        }
        let ids = members.iter().map(|it| it.parts.spec.id.clone());
        let mail: Vec<_> = ids.filter_map(|id| control.mailbox_of(&id).map(|it| (id, it))).collect();
        if let Intake::Queue(queue) = &intake {
            mail.iter().for_each(|(_, mailbox)| mailbox.belongs_to(queue.taker().waker()));
            if let Some(first) = members.first_mut().filter(|it| it.parts.instance.waits()) {
                first.parts.instance.wakes(Waker(queue.taker().waker()));
            }
        }
        let is_source = matches!(intake, Intake::Source);
        let mut outlet = self.outlet(nodes[nodes.len() - 1], leaves);
        outlet.drops = is_source && pacer.is_some();
        let pacer = pacer.filter(|_| !matches!(intake, Intake::Queue(_))).cloned();
        let chain = Chain::new(members, is_source);
        Stage { chain, intake, outlet, batch: BATCH.min(self.bounds.packets), pacer, mail, barrier: Barrier::default() }
    }

    /// Where the packets of a node go; the lanes can be taken once.
    fn outlet(&mut self, node: usize, leaves: &Giver) -> Outlet {
        let is_leaf = self.is_leaf[node];
        let ports = if is_leaf {
            vec![vec![Lane::new(leaves.clone(), node, 0, Arc::default())]]
        } else {
            std::mem::take(&mut self.lanes[node])
        };
        Outlet { ports, is_leaf, drops: false }
    }
}

fn member(
    parts: NodeParts,
    types: Option<&'static table::NodeType>,
    board: &Board,
    index: usize,
    told: Option<Arc<dyn FailureSink>>,
) -> Member {
    let port = |name: &String| types.and_then(|it| it.inputs.iter().find(|it| it.name == *name));
    let kinds =
        |port: &table::Port| KINDS.into_iter().filter(|it| port.types.iter().any(|name| name == it.name())).collect();
    let inputs = parts
        .spec
        .inputs
        .iter()
        .map(|name| member::Input { name: name.clone(), types: port(name).map(kinds) })
        .collect();
    Member::new(parts, inputs, Meter::new(Arc::clone(&board.nodes[index].2)), told)
}

/// The port's index; every edge's ports were found when the pipeline was made.
fn index_of(ports: &[String], name: &str) -> PortId {
    ports.iter().position(|it| it == name).and_then(|it| PortId::try_from(it).ok()).unwrap_or(0)
}
