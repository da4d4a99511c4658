//! The standard output and error of a component: lines of its node's log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use remotemedia_engine::{LogLevel, NodeLog};
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::sandbox::Log;

/// What one write may bring; the guest asks before each.
const WRITE: usize = 64 << 10;

/// One of the two streams; clones share its unfinished line.
#[derive(Clone)]
pub(crate) struct Lines {
    log: Arc<Mutex<Log>>,
    level: LogLevel,
    unfinished: Arc<Mutex<Vec<u8>>>,
}

impl Lines {
    pub(crate) fn new(log: Arc<Mutex<Log>>, level: LogLevel) -> Self {
        Self { log, level, unfinished: Arc::default() }
    }

    fn take(&self, bytes: &[u8]) {
        let mut unfinished = lock(&self.unfinished);
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            unfinished.extend_from_slice(piece);
            if piece.ends_with(b"\n") || unfinished.len() > NodeLog::LINE {
                if let Some(log) = &mut *lock(&self.log) {
                    log.write(self.level, &String::from_utf8_lossy(&unfinished), None);
                }
                unfinished.clear();
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Asked for by preview 1 and 3 alone, which no guest here imports.
        MemoryOutputPipe::new(0).async_stream()
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE)
    }
}
