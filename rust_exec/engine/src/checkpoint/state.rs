//! What a checkpoint holds.

use serde::{Deserialize, Serialize};

use crate::error::NodeFailure;

/// All that a run needs to go on: of one pipeline, in which every node has the runtime that it had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// How many packets were taken of the run's input: the input of the run that goes on begins behind them.
    pub input: u64,
    /// Numbers of the edges that the run's input is given along, where it goes through queues.
    pub(crate) fed: Vec<SequenceState>,
    /// In the order of the stages.
    pub(crate) stages: Vec<StageState>,
    /// States of nodes and packets (`schemas/packet.proto`), which the rest names by their position.
    #[serde(skip)]
    pub blobs: Blobs,
}

/// Bytes that the rest of a checkpoint names by their position.
pub(crate) type Blobs = Vec<Vec<u8>>;

/// One stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageState {
    pub(crate) nodes: Vec<NodeState>,
    /// Whether it has given all that it ever gives; it then has nothing but this.
    pub(crate) ended: bool,
    /// Numbers of the packets that it takes of the run's input itself.
    pub(crate) taken: SequenceState,
    /// Numbers of the edges that leave it.
    pub(crate) given: Vec<SequenceState>,
    /// Packets that wait for those of other edges, in the order in which they came.
    pub(crate) held: Vec<HeldState>,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeState {
    pub(crate) id: String,
    /// Position of its state; absent where it has none.
    pub(crate) state: Option<usize>,
    /// Numbers of the packets that it gives to the next node of its stage.
    pub(crate) given: SequenceState,
}

/// The numbers of the next packets of one edge: of stream 0, and of others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SequenceState(pub(crate) u64, pub(crate) Vec<(u32, u64)>);

/// A packet that waits in a merge: the edge, and the position of the packet with its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeldState(pub(crate) usize, pub(crate) usize);

impl Checkpoint {
    /// The bytes at a position.
    pub(crate) fn blob(&self, position: usize) -> Result<&[u8], NodeFailure> {
        self.blobs.get(position).map(Vec::as_slice).ok_or_else(|| {
            let message =
                format!("expected at least {} states in the checkpoint, got {}", position + 1, self.blobs.len());
            NodeFailure::new("RM623", message)
        })
    }

    /// Whether it is of a run with these nodes, stage by stage.
    ///
    /// # Errors
    ///
    /// `RM623`: it is not.
    pub(crate) fn expect(&self, stages: &[Vec<String>]) -> Result<(), NodeFailure> {
        let ids = |it: &StageState| it.nodes.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        if self.stages.len() == stages.len() && self.stages.iter().zip(stages).all(|(it, nodes)| ids(it) == *nodes) {
            return Ok(());
        }
        let message = "expected a checkpoint of this pipeline's nodes, got one of others";
        Err(NodeFailure::new("RM623", message))
    }
}

impl StageState {
    /// A part by itself, as a part of a checkpoint that has these bytes already.
    pub(crate) fn behind(mut self, bytes: usize) -> Self {
        self.nodes.iter_mut().filter_map(|it| it.state.as_mut()).for_each(|it| *it += bytes);
        self.held.iter_mut().for_each(|it| it.1 += bytes);
        self
    }
}
