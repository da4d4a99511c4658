//! The exports of both worlds behind one face: what the engine asks of a node.

use remotemedia_packet::Flat;
use wasmtime::Store;

use crate::bindings::{Failure, processor};
use crate::python::PythonGuest;
use crate::recipe::Code;
use crate::sandbox::Sandbox;

pub(crate) type Answer<T> = wasmtime::Result<Result<T, Failure>>;
type FlatTuple = (u32, u32, u64, i64, i64, u32, String, String, String, Vec<u8>);

/// One instance's exports.
pub(crate) enum Guest {
    /// A component of the world `node`.
    Component(processor::Guest),
    /// The Python runner.
    Python(Box<PythonGuest>),
}

/// What a call gave.
pub(crate) struct Emission {
    pub(crate) packets: Vec<Flat>,
    pub(crate) more: bool,
}

impl Guest {
    /// Give the guest its code, and make its node; whether that is a source.
    pub(crate) async fn init(&self, store: &mut Store<Sandbox>, code: &Code) -> Answer<bool> {
        match self {
            Self::Component(guest) => Ok(guest.call_init(store, &code.config).await?.map(|()| false)),
            Self::Python(guest) => guest.init(store, code.python.as_ref(), &code.config).await,
        }
    }

    pub(crate) async fn process(&mut self, store: &mut Store<Sandbox>, it: &Flat) -> Answer<Emission> {
        match self {
            Self::Component(guest) => {
                let (head, meta, session) = (&*it.head, &*it.meta, &*it.session);
                let packet = (it.port, it.stream, it.seq, it.pts, it.duration, it.kind, head, meta, session, &*it.data);
                guest.call_process(store, packet).await.map(returned)
            }
            Self::Python(guest) => guest.process(store, it).await,
        }
    }

    pub(crate) async fn pull(&self, store: &mut Store<Sandbox>, max: u32) -> Answer<Emission> {
        match self {
            Self::Component(guest) => guest.call_pull(store, max).await.map(returned),
            Self::Python(guest) => guest.pull(store, max).await,
        }
    }

    pub(crate) async fn flush(&mut self, store: &mut Store<Sandbox>) -> Answer<Emission> {
        match self {
            Self::Component(guest) => guest.call_flush(store).await.map(returned),
            Self::Python(guest) => guest.flush(store).await,
        }
    }

    pub(crate) async fn snapshot(&self, store: &mut Store<Sandbox>) -> Answer<Vec<u8>> {
        match self {
            Self::Component(guest) => guest.call_snapshot(store).await,
            Self::Python(guest) => guest.snapshot(store).await,
        }
    }

    pub(crate) async fn restore(&self, store: &mut Store<Sandbox>, state: &[u8]) -> Answer<()> {
        match self {
            Self::Component(guest) => guest.call_restore(store, state).await,
            Self::Python(guest) => guest.restore(store, state).await,
        }
    }

    pub(crate) async fn set_param(&self, store: &mut Store<Sandbox>, name: &str, value: &str) -> Answer<()> {
        match self {
            Self::Component(guest) => guest.call_set_param(store, name, value).await,
            Self::Python(guest) => guest.set_param(store, name, value).await,
        }
    }

    pub(crate) async fn close(&self, store: &mut Store<Sandbox>) -> Answer<()> {
        let closed = match self {
            Self::Component(guest) => guest.call_close(store).await,
            Self::Python(guest) => guest.close(store).await,
        };
        closed.map(Ok)
    }
}

fn returned(answer: Result<(Vec<FlatTuple>, bool), Failure>) -> Result<Emission, Failure> {
    answer.map(|(packets, more)| Emission { packets: packets.into_iter().map(flat).collect(), more })
}

fn flat(it: FlatTuple) -> Flat {
    let (port, stream, seq, pts, duration, kind, head, meta, session, data) = it;
    Flat { port, stream, seq, pts, duration, kind, head, meta, session, data: data.into() }
}
