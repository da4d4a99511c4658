//! The one Wasmtime configuration, and the clock that interrupts guests.

use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::{Config, Engine, EngineWeak};

use crate::aot::RunnerError;

/// How often running guests are made to yield, so that deadlines are seen.
const TICK: Duration = Duration::from_millis(10);
/// CPython nests deeply; the default of 512 KiB ends in a trap on ordinary programs.
const WASM_STACK: usize = 8 << 20;
/// Host calls run on the same stack; without room for them a guest could overflow it and abort the process.
const ASYNC_STACK: usize = 10 << 20;

/// The configuration of every engine: what is compiled under it runs under it, on any machine of this architecture.
///
/// # Errors
///
/// The target of this build is not one that Wasmtime compiles for.
pub fn engine_config() -> wasmtime::Result<Config> {
    let mut config = Config::new();
    // Naming the target keeps the features of the machine that compiles out of the code.
    config.target(env!("REMOTEMEDIA_TARGET"))?;
    config.epoch_interruption(true);
    config.max_wasm_stack(WASM_STACK);
    config.async_stack_size(ASYNC_STACK);
    // Nobody sees WebAssembly backtraces of an interpreter; without the map from code to them the file is far smaller.
    config.wasm_backtrace_max_frames(None);
    config.generate_address_map(false);
    Ok(config)
}

/// An engine whose guests are interrupted by the clock.
pub(crate) fn engine() -> Result<Engine, RunnerError> {
    let engine = engine_config().and_then(|config| Engine::new(&config)).map_err(RunnerError::unusable)?;
    tick(engine.weak());
    Ok(engine)
}

/// Add an engine to those that the process's one ticking thread looks after.
fn tick(engine: EngineWeak) {
    static ENGINES: Mutex<Vec<EngineWeak>> = Mutex::new(Vec::new());
    static THREAD: Once = Once::new();
    ENGINES.lock().unwrap_or_else(PoisonError::into_inner).push(engine);
    THREAD.call_once(|| {
        let name = "remotemedia-ticks".to_owned();
        let started = thread::Builder::new().name(name).spawn(|| {
            loop {
                thread::sleep(TICK);
                ENGINES.lock().unwrap_or_else(PoisonError::into_inner).retain(|engine| {
                    let alive = engine.upgrade();
                    if let Some(engine) = &alive {
                        engine.increment_epoch();
                    }
                    alive.is_some()
                });
            }
        });
        // Without the thread a guest could run for ever; a process that cannot start one cannot run pipelines either.
        assert!(started.is_ok(), "a thread can be started");
    });
}
