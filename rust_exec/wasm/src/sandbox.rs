//! What a guest is given, and what it may use up.

use std::sync::Arc;
use std::time::Instant;

use remotemedia_engine::{EffectiveLimits, LogLevel, LogRecord, LogSink};
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, ResourceLimiter, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::bindings::{PythonRunner, host};

const TABLE_ELEMENTS: usize = 100_000;
const RANDOM_BYTES: u32 = 65_536;
/// A longer line of the log is cut.
const LOG_LINE: usize = 8192;
/// What the host spends on a packet beside its payload when it copies a list of them.
const PACKET_OVERHEAD: usize = 256;

/// The state of one guest's store.
pub(crate) struct Sandbox {
    wasi: WasiCtx,
    resources: ResourceTable,
    pub(crate) memory: Memory,
    pub(crate) log: Log,
    made: Instant,
    random: blake3::OutputReader,
}

impl Sandbox {
    /// A store for one node, with nothing granted.
    pub(crate) fn store(
        engine: &Engine,
        node: &str,
        limits: &EffectiveLimits,
        seed: u64,
        log: Arc<dyn LogSink>,
    ) -> Store<Self> {
        // The builder's defaults are: no arguments, environment, directories or input, output thrown away, no addresses allowed.
        let wasi = WasiCtxBuilder::new().allow_tcp(false).allow_udp(false).build();
        let mut store = Store::new(
            engine,
            Self {
                wasi,
                resources: ResourceTable::new(),
                memory: Memory { limit: to_usize(limits.memory), used: 0, refused: false },
                log: Log {
                    sink: log,
                    node: node.into(),
                    budget: limits.log_bytes,
                    left: limits.log_bytes,
                    cut: 0,
                    muted: false,
                },
                made: Instant::now(),
                random: blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof(),
            },
        );
        store.limiter(|sandbox| &mut sandbox.memory);
        store.set_hostcall_fuel(
            to_usize(limits.output_bytes)
                .saturating_add(to_usize(limits.output_packets).saturating_mul(PACKET_OVERHEAD))
                .saturating_add(LOG_LINE),
        );
        // Every tick of the clock makes the guest yield, so that the timeout around the call is seen.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }
}

/// All that the runner imports.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    PythonRunner::add_to_linker::<_, HasSelf<_>>(&mut linker, |sandbox| sandbox)?;
    Ok(linker)
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.resources }
    }
}

impl host::Host for Sandbox {
    fn log(&mut self, level: host::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            host::Level::Debug => LogLevel::Debug,
            host::Level::Info => LogLevel::Info,
            host::Level::Warning => LogLevel::Warning,
            host::Level::Error => LogLevel::Error,
        };
        self.log.write(level, &message);
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

/// Counts a guest's memory against its limit.
pub(crate) struct Memory {
    limit: usize,
    used: usize,
    /// Whether growth was refused since this was last cleared.
    pub(crate) refused: bool,
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
}

/// A node's log: lines cleaned, floods cut and counted.
pub(crate) struct Log {
    sink: Arc<dyn LogSink>,
    node: Box<str>,
    budget: u64,
    left: u64,
    cut: u64,
    /// Whether nothing is to be heard: a guest that takes another's place says again what that one said.
    pub(crate) muted: bool,
}

impl Log {
    /// Write a message of the guest, each of its lines as one.
    fn write(&mut self, level: LogLevel, message: &str) {
        if self.muted {
            return;
        }
        for line in message.lines() {
            let kept = &line[..line.floor_char_boundary(LOG_LINE)];
            self.cut += (line.len() - kept.len()) as u64;
            let cost = kept.len() as u64 + 1;
            if cost > self.left {
                self.cut += cost;
                continue;
            }
            self.left -= cost;
            // Escape sequences must not reach a terminal.
            let clean: String = kept
                .chars()
                .map(|c| {
                    if c == '\t' {
                        ' '
                    } else if c.is_control() {
                        '\u{fffd}'
                    } else {
                        c
                    }
                })
                .collect();
            self.sink.log(&LogRecord { node: &self.node, level, message: &clean, place: None });
        }
    }

    /// Write a warning of the host's own about the node.
    pub(crate) fn warn(&self, message: &str) {
        self.sink.log(&LogRecord { node: &self.node, level: LogLevel::Warning, message, place: None });
    }

    /// A call is over: say what was cut, and let the next one write again.
    pub(crate) fn next_call(&mut self) {
        self.left = self.budget;
        if self.cut > 0 {
            self.warn(&format!("{} bytes of log were cut", self.cut));
            self.cut = 0;
        }
    }
}

fn to_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
