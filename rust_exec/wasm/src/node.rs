//! A Python node of the engine, whose guest is replaced before its leaks matter.
//!
//! componentize-py never frees the bytes that an export returns. They are counted, and when they come to [`RECYCLE_BYTES`] the
//! node's state is carried into a fresh guest, which takes a few milliseconds.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_manifest::collect_data;
use remotemedia_packet::{Body, Flat, Packet};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wasmtime::Store;

use crate::bindings::{Failure, PythonRunner, PythonRunnerPre};
use crate::failure::{self, Stage};
use crate::instance::{End, Instance};
use crate::sandbox::Sandbox;

/// Returned bytes after which a guest is replaced, if its memory limit does not ask for it sooner.
const RECYCLE_BYTES: u64 = 32 << 20;
/// Part of its memory limit that a guest may lose before it is replaced.
const RECYCLE_PART: u64 = 4;
/// What the guest's allocator spends on a returned list beside its bytes.
const LIST_OVERHEAD: u64 = 24;

type Emission = (Vec<FlatTuple>, bool);
type FlatTuple = (u32, u32, u64, i64, i64, u32, String, String, String, Vec<u8>);

pub(crate) struct PythonNode {
    pre: PythonRunnerPre<Sandbox>,
    spec: NodeSpec,
    entry: String,
    sources: Vec<(String, String)>,
    /// Arrays that the parameters name: path and npy file.
    arrays: Vec<(String, Vec<u8>)>,
    config: String,
    tokio: Runtime,
    is_source: bool,
    /// The guest, or what ended it.
    guest: Result<Instance, NodeFailure>,
    leaked: u64,
    recycle_at: u64,
    /// Trace context of the packet in hand; the guest does not see it.
    trace: Option<Arc<str>>,
}

impl PythonNode {
    pub(crate) fn new(pre: PythonRunnerPre<Sandbox>, spec: &NodeSpec) -> Result<Self, NodeFailure> {
        let entry = spec.entry.clone().ok_or_else(|| {
            NodeFailure::new("RM601", format!("expected an `entry` for `{}`, got none", spec.node_type))
        })?;
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| NodeFailure::new("RM601", format!("expected a timer, got: {error}")))?;
        let config = json!({
            "id": spec.id,
            "params": Value::Object(spec.params.clone()),
            "inputs": spec.inputs,
            "outputs": spec.outputs,
            "fed": spec.fed,
            "seed": spec.seed,
        });
        let mut node = Self {
            pre,
            entry,
            sources: spec.files.python_sources()?,
            arrays: arrays(spec)?,
            config: config.to_string(),
            tokio,
            is_source: false,
            guest: Err(NodeFailure::new("RM601", "the node has not been made")),
            leaked: 0,
            recycle_at: RECYCLE_BYTES.min(spec.limits.memory / RECYCLE_PART),
            trace: None,
            spec: spec.clone(),
        };
        node.guest = Ok(node.make(false)?);
        node.is_source = node.call(async |guest, store| guest.remotemedia_node_loader().call_is_source(store).await)?;
        Ok(node)
    }

    /// Make a guest that is ready for its first packet.
    fn make(&self, muted: bool) -> Result<Instance, NodeFailure> {
        let NodeSpec { id, limits, seed, log, .. } = &self.spec;
        let mut store = Sandbox::store(self.pre.engine(), id, limits, *seed, Arc::clone(log));
        store.data_mut().log.muted = muted;
        let guest = self
            .tokio
            .block_on(self.pre.instantiate_async(&mut store))
            .map_err(|error| failure::ended(&error, store.data().memory.refused, limits))?;
        let mut instance = Instance { store, guest };
        let sources: Vec<_> = self.sources.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        instance
            .call(&self.tokio, limits, Stage::Make, async |guest, store| {
                guest.remotemedia_node_loader().call_load(store, &sources, &self.entry).await
            })
            .map_err(End::into_failure)?;
        if !self.arrays.is_empty() {
            let arrays: Vec<_> = self.arrays.iter().map(|(path, file)| (path.as_str(), file.as_slice())).collect();
            instance
                .call(&self.tokio, limits, Stage::Make, async |guest, store| {
                    guest.remotemedia_node_loader().call_data(store, &arrays).await
                })
                .map_err(End::into_failure)?;
        }
        instance
            .call(&self.tokio, limits, Stage::Make, async |guest, store| {
                guest.remotemedia_node_processor().call_init(store, &self.config).await
            })
            .map_err(End::into_failure)?;
        Ok(instance)
    }

    /// Call the guest; one that does not survive it is dropped, and later calls fail like this one.
    fn call<T>(
        &mut self,
        call: impl AsyncFnOnce(&PythonRunner, &mut Store<Sandbox>) -> wasmtime::Result<Result<T, Failure>>,
    ) -> Result<T, NodeFailure> {
        let instance = self.guest.as_mut().map_err(|failure| failure.clone())?;
        instance.call(&self.tokio, &self.spec.limits, Stage::Run, call).map_err(|end| match end {
            End::Raised(failure) => failure,
            End::Dead(failure) => {
                self.guest = Err(failure.clone());
                failure
            }
        })
    }

    /// Hand on what the guest gave, as far as it may give it.
    fn emit(&mut self, (packets, more): Emission, out: &mut Outputs) -> Result<More, NodeFailure> {
        let limits = self.spec.limits;
        let bytes: u64 = packets.iter().map(|it| (it.6.len() + it.7.len() + it.8.len() + it.9.len()) as u64).sum();
        self.leaked += packets.iter().map(|it| it.9.len() as u64 + LIST_OVERHEAD).sum::<u64>();
        if bytes > limits.output_bytes {
            return Err(NodeFailure::new(
                "RM607",
                format!("expected at most {} bytes a call, got {bytes}", limits.output_bytes),
            ));
        }
        if packets.len() as u64 > limits.output_packets {
            return Err(NodeFailure::new(
                "RM607",
                format!("expected at most {} packets a call, got {}", limits.output_packets, packets.len()),
            ));
        }
        for packet in packets {
            let (port, mut packet) =
                flat(packet).into_packet().map_err(|error| NodeFailure::new(error.code, error.message))?;
            if port as usize >= self.spec.outputs.len() {
                let ports = self.spec.outputs.len();
                return Err(NodeFailure::new(
                    "RM605",
                    format!("expected a packet for one of {ports} ports, got port {port}"),
                ));
            }
            packet.trace.clone_from(&self.trace);
            out.push_to(port, packet);
        }
        if more {
            return Ok(More::Yes);
        }
        if self.leaked > self.recycle_at {
            self.recycle()?;
        }
        Ok(More::No)
    }

    /// Carry the node into a fresh guest.
    fn recycle(&mut self) -> Result<(), NodeFailure> {
        let state = match self.save() {
            Ok(state) => state,
            Err(failure) if self.guest.is_ok() => {
                // The guest goes on; nothing is lost yet but memory.
                self.recycle_at *= 2;
                if let Ok(instance) = &self.guest {
                    instance.store.data().log.warn(&format!(
                        "its state cannot be carried into a fresh sandbox, so its memory grows with what it emits: {}",
                        failure.message
                    ));
                }
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        // The old guest goes first: two at once would need twice the memory.
        self.guest = Err(NodeFailure::new("RM611", "the sandbox is being replaced"));
        self.guest = self.make(true);
        self.leaked = 0;
        self.load(&state)?;
        if let Ok(instance) = &mut self.guest {
            instance.store.data_mut().log.muted = false;
        }
        Ok(())
    }

    fn save(&mut self) -> Result<Vec<u8>, NodeFailure> {
        let state = self.call(async |guest, store| guest.remotemedia_node_processor().call_snapshot(store).await)?;
        self.leaked += state.len() as u64 + LIST_OVERHEAD;
        Ok(state)
    }

    fn load(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.call(async |guest, store| guest.remotemedia_node_processor().call_restore(store, state).await)
    }
}

impl NodeInstance for PythonNode {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let packet = planar(packet);
        let it = Flat::from_packet(&packet, port).map_err(|error| NodeFailure::new(error.code, error.message))?;
        self.trace.clone_from(&packet.trace);
        let emission = self.call(async |guest, store| {
            let packet = (
                it.port,
                it.stream,
                it.seq,
                it.pts,
                it.duration,
                it.kind,
                &*it.head,
                &*it.meta,
                &*it.session,
                &*it.data,
            );
            guest.remotemedia_node_processor().call_process(store, packet).await
        })?;
        self.emit(emission, out)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let max = u32::try_from(max).unwrap_or(u32::MAX);
        let emission =
            self.call(async |guest, store| guest.remotemedia_node_processor().call_pull(store, max).await)?;
        self.emit(emission, out)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        let emission = self.call(async |guest, store| guest.remotemedia_node_processor().call_flush(store).await)?;
        self.emit(emission, out)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        self.save().map(Some)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.load(state)
    }

    fn is_source(&self) -> bool {
        self.is_source
    }

    fn close(&mut self) {
        // The node is done with: how its last call ends changes nothing.
        let _ = self.call(async |guest, store| guest.remotemedia_node_processor().call_close(store).await.map(Ok));
        self.guest = Err(NodeFailure::new("RM611", "the node was closed"));
    }
}

/// The arrays that a node's parameters name.
fn arrays(spec: &NodeSpec) -> Result<Vec<(String, Vec<u8>)>, NodeFailure> {
    let mut paths = BTreeSet::new();
    spec.params.values().for_each(|value| collect_data(value, &mut paths));
    paths.into_iter().map(|path| Ok((path.to_owned(), spec.files.read(path)?))).collect()
}

/// Python sees sound as an array of shape `(C, N)`.
fn planar(packet: Packet) -> Packet {
    match packet.body {
        Body::Audio(audio) => Packet { body: Body::Audio(audio.into_planar()), ..packet },
        body => Packet { body, ..packet },
    }
}

fn flat(it: FlatTuple) -> Flat {
    let (port, stream, seq, pts, duration, kind, head, meta, session, data) = it;
    Flat { port, stream, seq, pts, duration, kind, head, meta, session, data: Bytes::from(data) }
}
