//! Which nodes can be part of a checkpoint.

use remotemedia_manifest::RuntimeKind;

use crate::error::{NodeError, NodeFailure, RunError};
use crate::node::NodeInstance;
use crate::parts::NodeParts;

/// Most bytes of one node's state.
pub const MAX_STATE: usize = 256 << 20;

/// Refuse nodes whose state could not be part of a checkpoint, before there is anything to lose.
///
/// # Errors
///
/// `RM624`: a source in Python, whose generator cannot be noted, or a node that cannot describe its state.
pub(crate) fn check(nodes: &mut [NodeParts]) -> Result<(), RunError> {
    for node in nodes {
        use RuntimeKind::{Native, Onnx, Program, Wasm};
        let has_generators = !matches!(node.kind, Native | Wasm | Onnx | Program);
        if has_generators && node.is_source() {
            let reason = "it is a source, and where its generator stands cannot be noted";
            return Err(refused(node, NodeFailure::new("RM624", reason)));
        }
        if let Err(failure) = snapshot(node.instance.as_mut()) {
            return Err(refused(node, failure));
        }
    }
    Ok(())
}

fn refused(node: &NodeParts, why: NodeFailure) -> RunError {
    let hint = "run it without `--checkpoint`";
    let failure = NodeFailure {
        code: "RM624",
        message: format!("its state cannot be part of a checkpoint: {}", why.message),
        hint: Some(hint.to_owned()),
        ..why
    };
    let (id, runtime) = (node.spec.id.clone(), node.kind);
    RunError::Node(Box::new(NodeError { node: id, runtime, call: "snapshot", seq: None, input: None, failure }))
}

/// A node's state, within its bound.
pub(crate) fn snapshot(node: &mut dyn NodeInstance) -> Result<Option<Vec<u8>>, NodeFailure> {
    let state = node.snapshot()?;
    match state.as_ref().map(Vec::len).filter(|it| *it > MAX_STATE) {
        Some(got) => Err(NodeFailure::new("RM624", format!("expected at most {MAX_STATE} bytes of state, got {got}"))),
        None => Ok(state),
    }
}
