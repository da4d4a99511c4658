//! The exports of both worlds behind one face: what the engine asks of a node.

use bytes::Bytes;
use remotemedia_packet::Flat;
use wasmtime::Store;

use crate::bindings::{Failure, processor, python};
use crate::recipe::Code;
use crate::sandbox::Sandbox;

type Answer<T> = wasmtime::Result<Result<T, Failure>>;
type FlatTuple = (u32, u32, u64, i64, i64, u32, String, String, String, Vec<u8>);

/// One instance's exports.
pub(crate) enum Guest {
    /// A component of the world `node`.
    Component(processor::Guest),
    /// The Python runner.
    Python(python::Guest),
}

/// What a call gave.
pub(crate) struct Emission {
    pub(crate) packets: Vec<Flat>,
    pub(crate) more: bool,
}

/// What `python.process` tells beside the kind of a packet.
const MORE: u32 = 1;

impl Emission {
    /// Add a packet of text that takes all else from the one that was taken; of kind 0 there is none.
    fn with(mut self, kind: u32, head: String, like: &Flat) -> Self {
        if kind != 0 {
            let (session, data) = (like.session.clone(), Bytes::new());
            self.packets.push(Flat { kind, head, meta: String::new(), session, data, port: 0, seq: 0, ..*like });
        }
        self
    }
}

impl Guest {
    /// Give the guest its code, and make its node; whether that is a source.
    pub(crate) async fn init(&self, store: &mut Store<Sandbox>, code: &Code) -> Answer<bool> {
        match (self, &code.python) {
            (Self::Python(guest), Some(python)) => {
                let sources: Vec<_> = python.sources.iter().map(|(path, text)| (&**path, &**text)).collect();
                if let Err(failure) = guest.call_load(&mut *store, &sources, &python.entry).await? {
                    return Ok(Err(failure));
                }
                let arrays: Vec<_> = python.arrays.iter().map(|(path, file)| (&**path, &**file)).collect();
                if !arrays.is_empty()
                    && let Err(failure) = guest.call_data(&mut *store, &arrays).await?
                {
                    return Ok(Err(failure));
                }
                guest.call_init(store, &code.config).await
            }
            (Self::Python(guest), None) => guest.call_init(store, &code.config).await,
            (Self::Component(guest), _) => Ok(guest.call_init(store, &code.config).await?.map(|()| false)),
        }
    }

    pub(crate) async fn process(&self, store: &mut Store<Sandbox>, it: &Flat) -> Answer<Emission> {
        match self {
            Self::Component(guest) => {
                let (head, meta, session) = (&*it.head, &*it.meta, &*it.session);
                let packet = (it.port, it.stream, it.seq, it.pts, it.duration, it.kind, head, meta, session, &*it.data);
                guest.call_process(store, packet).await.map(returned)
            }
            Self::Python(guest) => {
                let (head, meta, session) = (text(&it.head), text(&it.meta), text(&it.session));
                let (into, data) = (&mut *store, &it.data);
                let answer = guest
                    .call_process(into, it.stream, it.pts, it.duration, it.kind, head, meta, session, data)
                    .await?;
                let (told, head) = match answer {
                    Ok(told) => told,
                    Err(failure) => return Ok(Err(failure)),
                };
                let emission = collected(store, Ok(Ok(told & MORE != 0)));
                Ok(emission?.map(|emission| emission.with(told >> 1, head, it)))
            }
        }
    }

    pub(crate) async fn pull(&self, store: &mut Store<Sandbox>, max: u32) -> Answer<Emission> {
        match self {
            Self::Component(guest) => guest.call_pull(store, max).await.map(returned),
            Self::Python(guest) => {
                let more = guest.call_pull(&mut *store, max).await;
                collected(store, more)
            }
        }
    }

    pub(crate) async fn flush(&self, store: &mut Store<Sandbox>) -> Answer<Emission> {
        match self {
            Self::Component(guest) => guest.call_flush(store).await.map(returned),
            Self::Python(guest) => {
                let more = guest.call_flush(&mut *store).await;
                collected(store, more)
            }
        }
    }

    pub(crate) async fn snapshot(&self, store: &mut Store<Sandbox>) -> Answer<Vec<u8>> {
        match self {
            Self::Component(guest) => guest.call_snapshot(store).await,
            Self::Python(guest) => {
                let answer = guest.call_snapshot(&mut *store).await?;
                Ok(answer.map(|()| store.data().payload.take_all().into()))
            }
        }
    }

    pub(crate) async fn restore(&self, store: &mut Store<Sandbox>, state: &[u8]) -> Answer<()> {
        match self {
            Self::Component(guest) => guest.call_restore(store, state).await,
            Self::Python(guest) => guest.call_restore(store, state).await,
        }
    }

    pub(crate) async fn set_param(&self, store: &mut Store<Sandbox>, name: &str, value: &str) -> Answer<()> {
        match self {
            Self::Component(guest) => guest.call_set_param(store, name, value).await,
            Self::Python(guest) => guest.call_set_param(store, name, value).await,
        }
    }

    pub(crate) async fn close(&self, store: &mut Store<Sandbox>) -> Answer<()> {
        let closed = match self {
            Self::Component(guest) => guest.call_close(store).await,
            Self::Python(guest) => guest.call_close(store).await,
        };
        closed.map(Ok)
    }
}

fn returned(answer: Result<(Vec<FlatTuple>, bool), Failure>) -> Result<Emission, Failure> {
    answer.map(|(packets, more)| Emission { packets: packets.into_iter().map(flat).collect(), more })
}

fn collected(store: &Store<Sandbox>, more: Answer<bool>) -> Answer<Emission> {
    let more = match more? {
        Ok(more) => more,
        Err(failure) => return Ok(Err(failure)),
    };
    let packets = store.data().payload.take_packets();
    let packets = packets.map_err(|_| wasmtime::format_err!("something else was written between the packets"))?;
    Ok(Ok(Emission { packets, more }))
}

fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn flat(it: FlatTuple) -> Flat {
    let (port, stream, seq, pts, duration, kind, head, meta, session, data) = it;
    Flat { port, stream, seq, pts, duration, kind, head, meta, session, data: data.into() }
}
