//! A stage's part in a checkpoint.

use remotemedia_packet::wire;

use crate::checkpoint::check::snapshot;
use crate::checkpoint::rounds::wait;
use crate::checkpoint::state::{Blobs, Checkpoint, HeldState, NodeState, StageState};
use crate::error::{NodeError, NodeFailure, RunError};
use crate::intake::Intake;
use crate::node::Guard;
use crate::queue::Stopped;
use crate::stage::{Course, Stage, hold};

/// Where a stage stands in the checkpoints of its run.
#[derive(Debug, Default)]
pub(crate) struct Barrier {
    /// Which stage it is.
    pub(crate) stage: usize,
    /// The last round that it gave a barrier for, if it gives them of its own accord.
    pub(crate) round: u64,
    /// Whether barriers have come along all of its edges, and what came before is to be worked off.
    pub(crate) came: bool,
    /// Whether it had ended already in the checkpoint that the run goes on from.
    pub(crate) had_ended: bool,
}

impl Stage<'_> {
    /// Begin a checkpoint behind what was taken from outside the graph, and wait until it is made.
    pub(crate) fn give_barrier(&mut self, guard: Option<&dyn Guard>, course: &Course) -> Result<(), Stopped> {
        self.barrier.round = course.rounds.begun();
        let over = course.rounds.over();
        if let Intake::Run { taken, .. } = self.intake {
            course.rounds.fed(taken, Vec::new());
        }
        self.pass_barrier(guard, course)?;
        wait(&over, &course.stop)
    }

    /// Note how the nodes are, which have worked off all that came before the barrier, and pass it on.
    pub(crate) fn pass_barrier(&mut self, guard: Option<&dyn Guard>, course: &Course) -> Result<(), Stopped> {
        self.barrier.came = false;
        let mut noted = None;
        hold(guard, &mut || noted = Some(self.note()));
        if let Some(noted) = noted {
            course.rounds.note(self.barrier.stage, noted);
        }
        self.outlet.bar()
    }

    /// A source that is asked for a barrier has nothing before it.
    pub(crate) fn is_at_source(&self) -> bool {
        matches!(self.intake, Intake::Source) && self.chain.is_at_source()
    }

    /// The nodes, in their order.
    pub(crate) fn ids(&mut self) -> Vec<String> {
        self.chain.members().iter().map(|it| it.parts.spec.id.clone()).collect()
    }

    /// What is noted of it when it has given all.
    pub(crate) fn ended(&mut self) -> StageState {
        let nodes = self.ids().into_iter().map(|id| NodeState { id, ..NodeState::default() }).collect();
        StageState { nodes, ended: true, ..StageState::default() }
    }

    fn note(&mut self) -> Result<(StageState, Blobs), NodeFailure> {
        let (mut state, mut blobs) = (StageState::default(), Blobs::new());
        for member in self.chain.members() {
            let id = member.parts.spec.id.clone();
            let told = |it: NodeFailure| NodeFailure { message: format!("node `{id}`: {}", it.message), ..it };
            let place = snapshot(member.parts.instance.as_mut()).map_err(told)?.map(|bytes| {
                blobs.push(bytes);
                blobs.len() - 1
            });
            let given = member.forward.as_ref().map(|it| it.sequence.noted()).unwrap_or_default();
            state.nodes.push(NodeState { id, state: place, given });
        }
        match &mut self.intake {
            Intake::Source => {}
            Intake::Run { sequence, .. } => state.taken = sequence.noted(),
            Intake::Queue(queue) => {
                for (edge, (port, packet)) in queue.merge().iter().flat_map(|it| it.held()) {
                    let bytes = wire::encode(packet, *port).map_err(|e| NodeFailure::new(e.code, e.message))?;
                    state.held.push(HeldState(edge, blobs.len()));
                    blobs.push(bytes.to_vec());
                }
            }
        }
        state.given = self.outlet.sequences().map(|it| it.noted()).collect();
        Ok((state, blobs))
    }

    /// Become what a checkpoint says, before the first call.
    pub(crate) fn resume(&mut self, checkpoint: &Checkpoint) -> Result<(), RunError> {
        let Some(state) = checkpoint.stages.get(self.barrier.stage) else { return Ok(()) };
        self.barrier.had_ended = state.ended;
        for (member, noted) in self.chain.members().iter_mut().zip(&state.nodes) {
            if let Some(forward) = &mut member.forward {
                forward.sequence.resume(&noted.given);
            }
            let Some(place) = noted.state else { continue };
            let bytes = checkpoint.blob(place).map_err(RunError::Setup)?;
            if let Err(failure) = member.parts.instance.restore(bytes) {
                let (node, runtime) = (noted.id.clone(), member.parts.kind);
                let error = NodeError { node, runtime, call: "restore", seq: None, input: None, failure };
                return Err(RunError::Node(Box::new(error)));
            }
        }
        match &mut self.intake {
            Intake::Source => {}
            Intake::Run { sequence, taken, .. } => {
                sequence.resume(&state.taken);
                *taken = checkpoint.input;
            }
            Intake::Queue(queue) => {
                for HeldState(edge, place) in &state.held {
                    let bytes = checkpoint.blob(*place).map_err(RunError::Setup)?;
                    let packet =
                        wire::decode(bytes).map_err(|e| RunError::Setup(NodeFailure::new(e.code, e.message)))?;
                    if let Some(merge) = queue.merge() {
                        merge.push(*edge, packet.0, packet.1);
                    }
                }
            }
        }
        self.outlet.sequences().zip(&state.given).for_each(|(sequence, state)| sequence.resume(state));
        Ok(())
    }
}
