//! What a guest is given, and what it may use up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use remotemedia_engine::{LogLevel, NodeLog, NodeSpec};
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, ResourceLimiter, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::bindings::{Imports, host};
use crate::payload::Payload;
use crate::stdio::Lines;

const TABLE_ELEMENTS: usize = 100_000;
/// Core instances, memories and tables of one component, each: an interpreter has some twenty.
const PARTS: usize = 200;
/// Handles of host resources, such as streams, that a guest may hold.
const HANDLES: usize = 1000;
const RANDOM_BYTES: u32 = 65_536;
/// What the host spends on a packet beside its payload when it copies a list of them.
const PACKET_OVERHEAD: usize = 256;
/// Memory of a guest whose node is not known yet.
const UNOWNED: usize = 256 << 20;

/// A guest says nothing before it is known whose it is.
pub(crate) type Log = Option<NodeLog>;

/// What becomes of a guest's standard output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stdout {
    /// Lines of the node's log.
    Log,
    /// Packets and states: the way of the Python runner.
    Payload,
}

/// The state of one guest's store.
pub(crate) struct Sandbox {
    wasi: WasiCtx,
    resources: ResourceTable,
    memory: Memory,
    log: Arc<Mutex<Log>>,
    pub(crate) payload: Payload,
    made: Instant,
    random: blake3::OutputReader,
}

impl Sandbox {
    /// A store with nothing granted and no node yet.
    pub(crate) fn store(engine: &Engine, stdout: Stdout) -> Store<Self> {
        let (log, payload) = (Arc::new(Mutex::new(Log::default())), Payload::default());
        // The builder's defaults are: no arguments, environment, directories or input, no addresses allowed.
        let mut wasi = WasiCtxBuilder::new();
        wasi.allow_tcp(false).allow_udp(false);
        match stdout {
            Stdout::Log => wasi
                .stdout(Lines::new(Arc::clone(&log), LogLevel::Info))
                .stderr(Lines::new(Arc::clone(&log), LogLevel::Warning)),
            Stdout::Payload => wasi.stdout(payload.clone()),
        };
        let mut resources = ResourceTable::new();
        resources.set_max_capacity(HANDLES);
        let sandbox = Self {
            wasi: wasi.build(),
            resources,
            memory: Memory { limit: UNOWNED, used: 0, refused: false },
            log,
            payload,
            made: Instant::now(),
            random: blake3::Hasher::new().finalize_xof(),
        };
        let mut store = Store::new(engine, sandbox);
        store.limiter(|sandbox| &mut sandbox.memory);
        // Every tick of the clock makes the guest yield, so that deadline and cancellation are seen.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }

    /// Make the store that of a node: its limits, its log, its random numbers. Whether it has the memory for what there is.
    pub(crate) fn adopt(store: &mut Store<Self>, spec: &NodeSpec) -> bool {
        let output = to_usize(spec.limits.output_bytes);
        let packets = to_usize(spec.limits.output_packets).saturating_mul(PACKET_OVERHEAD);
        store.set_hostcall_fuel(output.saturating_add(packets).saturating_add(NodeLog::LINE));
        let sandbox = store.data_mut();
        sandbox.made = Instant::now();
        sandbox.random = blake3::Hasher::new().update(&spec.seed.to_le_bytes()).finalize_xof();
        *sandbox.log() = Some(NodeLog::new(&spec.id, spec.limits.log_bytes, Arc::clone(&spec.log)));
        sandbox.payload.bound(output.saturating_add(packets));
        sandbox.memory.limit = to_usize(spec.limits.memory);
        sandbox.memory.used <= sandbox.memory.limit
    }

    /// The node's log.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, level: host::Level, message: &str, place: Option<(&str, u32)>) {
        if let Some(log) = &mut *self.log() {
            log.write(of(level), message, place);
        }
    }

    /// Whether memory was refused since this was last asked.
    pub(crate) fn refused_memory(&mut self) -> bool {
        std::mem::take(&mut self.memory.refused)
    }
}

/// All that guests of both worlds may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    Imports::add_to_linker::<_, HasSelf<_>>(&mut linker, |sandbox| sandbox)?;
    Ok(linker)
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.resources }
    }
}

impl host::Host for Sandbox {
    fn log(&mut self, level: host::Level, message: String) -> wasmtime::Result<()> {
        self.say(level, &message, None);
        Ok(())
    }

    fn log_at(&mut self, level: host::Level, message: String, file: String, line: u32) -> wasmtime::Result<()> {
        self.say(level, &message, Some((&file, line)));
        Ok(())
    }

    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(u64::try_from(self.made.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn random(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        if length > RANDOM_BYTES {
            wasmtime::bail!("expected at most {RANDOM_BYTES} random bytes, got a request for {length}");
        }
        let mut bytes = vec![0; length as usize];
        self.random.fill(&mut bytes);
        Ok(bytes)
    }
}

impl crate::bindings::remotemedia::node::types::Host for Sandbox {}

fn of(level: host::Level) -> LogLevel {
    match level {
        host::Level::Debug => LogLevel::Debug,
        host::Level::Info => LogLevel::Info,
        host::Level::Warning => LogLevel::Warning,
        host::Level::Error => LogLevel::Error,
    }
}

/// Counts a guest's memory against its limit.
struct Memory {
    limit: usize,
    used: usize,
    refused: bool,
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // A component has several memories; the limit is on their sum.
        let sum = (self.used + desired).saturating_sub(current);
        let fits = sum <= self.limit;
        if fits {
            self.used = sum;
        } else {
            self.refused = true;
        }
        Ok(fits)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        PARTS
    }

    fn memories(&self) -> usize {
        PARTS
    }

    fn tables(&self) -> usize {
        PARTS
    }
}

fn to_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
