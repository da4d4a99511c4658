//! One live guest: calls with a deadline, and what its end means.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use remotemedia_engine::{NodeFailure, NodeSpec};
use tokio::runtime::{Builder, Runtime};
use tokio::time;
use wasmtime::Store;

use crate::bindings::Failure;
use crate::failure::{self, Stage};
use crate::guest::Guest;
use crate::sandbox::Sandbox;

/// How often a call that waits looks whether the run was cancelled.
const GLANCE: Duration = Duration::from_millis(50);

/// A guest that has not trapped.
pub(crate) struct Instance {
    pub(crate) store: Store<Sandbox>,
    pub(crate) guest: Guest,
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

/// Where guests' calls run and wait; one for each node.
pub(crate) struct Timer(Runtime);

/// Why a call was abandoned.
pub(crate) enum Abandoned {
    Late,
    Cancelled,
}

impl Timer {
    pub(crate) fn new() -> Result<Self, NodeFailure> {
        let runtime = Builder::new_current_thread().enable_time().build();
        runtime.map(Self).map_err(|error| NodeFailure::new("RM601", format!("expected a timer, got: {error}")))
    }

    /// Run a future to its end, for at most the time that the node has.
    pub(crate) fn run<T>(&self, spec: &NodeSpec, future: impl Future<Output = T>) -> Result<T, Abandoned> {
        let deadline = Instant::now() + spec.limits.timeout;
        let mut future = pin!(future);
        let entered = self.0.enter();
        // Most calls are done before the first tick: they need neither timer nor scheduler.
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Ok(value);
        }
        drop(entered);
        self.0.block_on(watched(spec, deadline, future))
    }
}

async fn watched<T>(
    spec: &NodeSpec,
    deadline: Instant,
    mut future: Pin<&mut impl Future<Output = T>>,
) -> Result<T, Abandoned> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Abandoned::Late);
        }
        if spec.cancel.is_cancelled() {
            return Err(Abandoned::Cancelled);
        }
        if let Ok(value) = time::timeout(left.min(GLANCE), future.as_mut()).await {
            return Ok(value);
        }
    }
}

impl Instance {
    /// Call the guest, for at most the time it has.
    pub(crate) fn call<T>(
        &mut self,
        timer: &Timer,
        spec: &NodeSpec,
        stage: Stage,
        call: impl AsyncFnOnce(&mut Guest, &mut Store<Sandbox>) -> wasmtime::Result<Result<T, Failure>>,
    ) -> Result<T, End> {
        let Self { store, guest } = self;
        let answer = timer.run(spec, call(guest, store));
        let sandbox = store.data_mut();
        if let Some(log) = &mut *sandbox.log() {
            log.next_call();
        }
        let refused = sandbox.refused_memory();
        let flooded = sandbox.payload.clear();
        match answer {
            Ok(Ok(_)) if flooded => Err(End::Raised(failure::too_much(&spec.limits))),
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(raised))) => Err(End::Raised(failure::raised(stage, &raised, &spec.limits))),
            Ok(Err(error)) => Err(End::Dead(failure::ended(&error, refused, &spec.limits))),
            Err(why) => Err(End::Dead(failure::abandoned(why, &spec.limits))),
        }
    }
}
