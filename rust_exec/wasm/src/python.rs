//! The exports of the Python runner, and what the engine keeps so that a call needs few of them.

use bytes::Bytes;
use remotemedia_packet::Flat;
use remotemedia_packet::written::Origin;
use wasmtime::Store;

use crate::bindings::{Failure, python};
use crate::guest::{Answer, Emission};
use crate::recipe::PythonSource;
use crate::sandbox::Sandbox;

const TEXT: u32 = 4;
const JSON: u32 = 5;

/// The runner's exports.
pub(crate) struct PythonGuest {
    exports: python::Guest,
    /// What the node emits has the stream, the times and the session of the packet that it took last.
    origin: Origin,
    /// Kind, head and meta of the packet that `process` took last: `again` takes another with the same.
    like: Option<(u32, String, String)>,
}

impl PythonGuest {
    pub(crate) fn new(exports: python::Guest) -> Self {
        Self { exports, origin: Origin::default(), like: None }
    }

    /// Take the node's code, and make the node; whether that is a source.
    pub(crate) async fn init(
        &self,
        store: &mut Store<Sandbox>,
        python: Option<&PythonSource>,
        config: &str,
    ) -> Answer<bool> {
        if let Some(python) = python {
            let sources: Vec<_> = python.sources.iter().map(|(path, text)| (&**path, &**text)).collect();
            if let Err(failure) = self.exports.call_load(&mut *store, &sources, &python.entry).await? {
                return Ok(Err(failure));
            }
            let arrays: Vec<_> = python.arrays.iter().map(|(path, file)| (&**path, &**file)).collect();
            if !arrays.is_empty()
                && let Err(failure) = self.exports.call_data(&mut *store, &arrays).await?
            {
                return Ok(Err(failure));
            }
        }
        self.exports.call_init(store, config).await
    }

    pub(crate) async fn process(&mut self, store: &mut Store<Sandbox>, it: &Flat) -> Answer<Emission> {
        self.origin = Origin::of(it);
        let into = &mut *store;
        let is_plain = it.data.is_empty() && it.meta.is_empty() && !it.head.is_empty();
        let answer = match it.kind {
            JSON if is_plain => self.exports.call_json(into, &it.head).await?,
            TEXT if is_plain => self.exports.call_text(into, &it.head).await?,
            _ if self.is_like(it) => self.exports.call_again(into, &it.data).await?,
            kind => {
                // Only a call that succeeded is known to have read the head.
                self.like = None;
                let (head, meta) = (text(&it.head), text(&it.meta));
                match self.exports.call_process(into, kind, head, meta, &it.data).await? {
                    Ok(answer) => {
                        self.like = Some((kind, it.head.clone(), it.meta.clone()));
                        answer
                    }
                    Err(failure) => return Ok(Err(failure)),
                }
            }
        };
        self.told(store, answer)
    }

    pub(crate) async fn pull(&self, store: &mut Store<Sandbox>, max: u32) -> Answer<Emission> {
        match self.exports.call_pull(&mut *store, max).await? {
            Ok(more) => self.collected(store, more).map(Ok),
            Err(failure) => Ok(Err(failure)),
        }
    }

    pub(crate) async fn flush(&mut self, store: &mut Store<Sandbox>) -> Answer<Emission> {
        self.origin.end();
        match self.exports.call_flush(&mut *store).await? {
            Ok(more) => self.collected(store, more).map(Ok),
            Err(failure) => Ok(Err(failure)),
        }
    }

    pub(crate) async fn snapshot(&self, store: &mut Store<Sandbox>) -> Answer<Vec<u8>> {
        let answer = self.exports.call_snapshot(&mut *store).await?;
        Ok(answer.map(|()| store.data().payload.take_all().into()))
    }

    pub(crate) async fn restore(&self, store: &mut Store<Sandbox>, state: &[u8]) -> Answer<()> {
        self.exports.call_restore(store, state).await
    }

    pub(crate) async fn set_param(&self, store: &mut Store<Sandbox>, name: &str, value: &str) -> Answer<()> {
        self.exports.call_set_param(store, name, value).await
    }

    pub(crate) async fn close(&self, store: &mut Store<Sandbox>) -> wasmtime::Result<()> {
        self.exports.call_close(store).await
    }

    fn is_like(&self, it: &Flat) -> bool {
        self.like.as_ref().is_some_and(|(kind, head, meta)| *kind == it.kind && *head == it.head && *meta == it.meta)
    }

    /// What an `answer` of the runner says.
    fn told(&self, store: &Store<Sandbox>, mut answer: String) -> Answer<Emission> {
        let unknown = || wasmtime::format_err!("the runner answered what it never does");
        let kind = match answer.as_bytes().first() {
            Some(b'0') => return self.collected(store, false).map(Ok),
            Some(b'1') => return self.collected(store, true).map(Ok),
            Some(b'4') => TEXT,
            Some(b'5') => JSON,
            Some(b'!') => {
                let texts = serde_json::from_str(&answer[1..]).map_err(|_| unknown())?;
                let (kind, message, trace, code, hint) = texts;
                return Ok(Err(Failure { kind, message, trace, code, hint }));
            }
            _ => return Err(unknown()),
        };
        answer.remove(0);
        let mut emission = self.collected(store, false)?;
        emission.packets.push(self.origin.packet(kind, answer, String::new(), Bytes::new()));
        Ok(Ok(emission))
    }

    /// What the call wrote.
    fn collected(&self, store: &Store<Sandbox>, more: bool) -> wasmtime::Result<Emission> {
        let packets = store.data().payload.take_packets(&self.origin);
        let packets = packets.map_err(|_| wasmtime::format_err!("something else was written between the packets"))?;
        Ok(Emission { packets, more })
    }
}

fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
