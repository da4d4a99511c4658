//! Guests of the Python runner that wait for a node: one is always ready, made in the background.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use remotemedia_engine::{NodeFailure, NodeSpec};
use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::bindings::python;
use crate::failure;
use crate::guest::Guest;
use crate::python::PythonGuest;
use crate::sandbox::{Sandbox, Stdout};

/// A guest that has no node yet.
type Blank = (Store<Sandbox>, python::Guest);

/// The runner, ready to be instantiated, and a guest of it that already is.
pub(crate) struct Warm {
    runner: Runner,
    /// The thread that makes guests ends when this is dropped.
    ready: Mutex<Receiver<Blank>>,
}

#[derive(Clone)]
struct Runner {
    pre: InstancePre<Sandbox>,
    exports: python::GuestIndices,
}

impl Warm {
    pub(crate) fn new(pre: InstancePre<Sandbox>) -> wasmtime::Result<Self> {
        let runner = Runner { exports: python::GuestIndices::new(&pre)?, pre };
        // A guest that is ready waits in `send` for its taker.
        let (sender, ready) = sync_channel(0);
        let (maker, name) = (runner.clone(), "remotemedia-warm".to_owned());
        // Where no thread can be started, each guest is made when it is asked for.
        let _ = thread::Builder::new().name(name).spawn(move || {
            let Ok(timer) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
            while let Ok(blank) = timer.block_on(maker.make()) {
                if sender.send(blank).is_err() {
                    return;
                }
            }
        });
        Ok(Self { runner, ready: Mutex::new(ready) })
    }

    /// The guest that is ready, else a new one; now that of a node.
    pub(crate) async fn take(&self, spec: &NodeSpec) -> Result<(Store<Sandbox>, Guest), NodeFailure> {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).try_recv();
        let (mut store, guest) = match ready {
            Ok(blank) => blank,
            Err(_) => self.runner.make().await.map_err(|error| failure::ended(&error, false, &spec.limits))?,
        };
        if Sandbox::adopt(&mut store, spec) {
            Ok((store, Guest::Python(Box::new(PythonGuest::new(guest)))))
        } else {
            Err(NodeFailure::out_of_memory(&spec.limits))
        }
    }
}

impl Runner {
    async fn make(&self) -> wasmtime::Result<Blank> {
        let mut store = Sandbox::store(self.pre.engine(), Stdout::Payload);
        let instance = self.pre.instantiate_async(&mut store).await?;
        let guest = self.exports.load(&mut store, &instance)?;
        Ok((store, guest))
    }
}
