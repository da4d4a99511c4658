//! A node and what runs it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use remotemedia_manifest::RuntimeKind;

use crate::error::{NodeError, NodeFailure};
use crate::node::{NodeInstance, NodeRuntime, NodeSpec};
use crate::policy::Policy;
use crate::stage::panicked;

/// One node and what runs it.
pub struct NodeParts {
    /// What the node was told.
    pub spec: NodeSpec,
    /// The runtime it runs in.
    pub kind: RuntimeKind,
    /// The node.
    pub instance: Box<dyn NodeInstance>,
    /// What becomes of the run when it fails.
    pub policy: Policy,
    /// What can make it anew.
    pub runtime: Option<Arc<dyn NodeRuntime>>,
}

impl NodeParts {
    /// A node that is made already, and whose failure ends the run.
    #[must_use]
    pub fn new(spec: NodeSpec, kind: RuntimeKind, instance: Box<dyn NodeInstance>) -> Self {
        Self { spec, kind, instance, policy: Policy::Fail, runtime: None }
    }

    /// Make the node.
    ///
    /// # Errors
    ///
    /// As [`NodeRuntime::instantiate`], with the call `init`; a panic of the runtime is an error of the node.
    pub fn make(runtime: &dyn NodeRuntime, spec: NodeSpec) -> Result<Self, Box<NodeError>> {
        let kind = runtime.kind();
        match instantiate(runtime, &spec) {
            Ok(instance) => Ok(Self::new(spec, kind, instance)),
            Err(failure) => {
                let (node, call) = (spec.id, "init");
                Err(Box::new(NodeError { node, runtime: kind, call, seq: None, input: None, failure }))
            }
        }
    }

    /// The same under a policy; `runtime` makes the node anew where the policy says so.
    #[must_use]
    pub fn with_policy(self, policy: Policy, runtime: Arc<dyn NodeRuntime>) -> Self {
        Self { policy, runtime: Some(runtime), ..self }
    }

    /// Whether it gives packets of its own accord, and takes none of the run's input.
    pub(crate) fn is_source(&self) -> bool {
        self.spec.inputs.is_empty() || self.instance.is_source()
    }
}

/// Make a node; a panic of the runtime is a failure.
pub(crate) fn instantiate(runtime: &dyn NodeRuntime, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let made = catch_unwind(AssertUnwindSafe(|| runtime.instantiate(spec)));
    made.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}
