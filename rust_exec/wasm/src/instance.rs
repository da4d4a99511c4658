//! One live guest: calls with a deadline, and what its end means.

use remotemedia_engine::{EffectiveLimits, NodeFailure};
use tokio::runtime::Runtime;
use wasmtime::Store;

use crate::bindings::{Failure, PythonRunner};
use crate::failure::{self, Stage};
use crate::sandbox::Sandbox;

/// A guest that has not trapped.
pub(crate) struct Instance {
    pub(crate) store: Store<Sandbox>,
    pub(crate) guest: PythonRunner,
}

/// How a call ended that did not give a value.
pub(crate) enum End {
    /// With an exception; the guest can be called again.
    Raised(NodeFailure),
    /// For good: after a trap or an abandoned call, Wasmtime refuses entry.
    Dead(NodeFailure),
}

impl End {
    pub(crate) fn into_failure(self) -> NodeFailure {
        match self {
            Self::Raised(failure) | Self::Dead(failure) => failure,
        }
    }
}

impl Instance {
    /// Call the guest, for at most the time it has.
    pub(crate) fn call<T>(
        &mut self,
        tokio: &Runtime,
        limits: &EffectiveLimits,
        stage: Stage,
        call: impl AsyncFnOnce(&PythonRunner, &mut Store<Sandbox>) -> wasmtime::Result<Result<T, Failure>>,
    ) -> Result<T, End> {
        let Self { store, guest } = self;
        let answer = tokio.block_on(async { tokio::time::timeout(limits.timeout, call(guest, store)).await });
        let sandbox = store.data_mut();
        sandbox.log.next_call();
        let refused = std::mem::take(&mut sandbox.memory.refused);
        match answer {
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(raised))) => Err(End::Raised(failure::raised(stage, &raised, limits))),
            Ok(Err(error)) => Err(End::Dead(failure::ended(&error, refused, limits))),
            Err(_elapsed) => Err(End::Dead(failure::timed_out(limits.timeout))),
        }
    }
}
