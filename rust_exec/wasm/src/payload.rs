//! What a Python guest gives: bytes on its standard output, which are packets or a state (`schemas/node.wit`).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use remotemedia_packet::Flat;
use remotemedia_packet::written::{Header, Origin};
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// What one write may bring; the guest asks before each.
const WRITE: usize = 16 << 20;

/// The receiving end; clones share what was written.
#[derive(Clone, Default)]
pub(crate) struct Payload(Arc<Mutex<Written>>);

#[derive(Default)]
struct Written {
    /// As they were written: nothing is copied together that does not have to be.
    chunks: VecDeque<Bytes>,
    size: usize,
    limit: usize,
    exceeded: bool,
}

/// What was written is not what the runner writes.
#[derive(Debug)]
pub(crate) struct Garbled;

impl Payload {
    /// Take at most so many bytes a call.
    pub(crate) fn bound(&self, limit: usize) {
        self.written().limit = limit;
    }

    /// Let go of what was written; whether that was more than the bound allows.
    pub(crate) fn clear(&self) -> bool {
        let mut written = self.written();
        written.chunks.clear();
        written.size = 0;
        std::mem::take(&mut written.exceeded)
    }

    /// All that was written since, as one.
    pub(crate) fn take_all(&self) -> Bytes {
        let mut written = self.written();
        let size = written.size;
        written.take(size).unwrap_or_default()
    }

    /// The packets that were written since.
    pub(crate) fn take_packets(&self, origin: &Origin) -> Result<Vec<Flat>, Garbled> {
        let mut written = self.written();
        let mut packets = Vec::new();
        while written.size > 0 {
            packets.push(written.packet(origin).ok_or(Garbled)?);
        }
        Ok(packets)
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    fn packet(&mut self, origin: &Origin) -> Option<Flat> {
        let header = Header::read(&self.take(Header::LENGTH)?)?;
        let texts = self.take(header.texts()?)?;
        let data = self.take(header.data())?;
        header.packet(&texts, data, origin)
    }

    /// The next so many bytes; shared with what was written, unless they were written in pieces.
    fn take(&mut self, length: usize) -> Option<Bytes> {
        self.size = self.size.checked_sub(length)?;
        let Some(first) = self.chunks.front_mut() else { return Some(Bytes::new()) };
        if first.len() >= length {
            let taken = first.split_to(length);
            if first.is_empty() {
                self.chunks.pop_front();
            }
            return Some(taken);
        }
        let mut gathered = BytesMut::with_capacity(length);
        while gathered.len() < length {
            let chunk = self.chunks.front_mut()?;
            let part = chunk.split_to(chunk.len().min(length - gathered.len()));
            if chunk.is_empty() {
                self.chunks.pop_front();
            }
            gathered.extend_from_slice(&part);
        }
        Some(gathered.freeze())
    }
}

impl IsTerminal for Payload {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Payload {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Asked for by preview 1 and 3 alone, which no guest here imports.
        MemoryOutputPipe::new(0).async_stream()
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Payload {
    async fn ready(&mut self) {}
}

impl OutputStream for Payload {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut written = self.written();
        let size = written.size.saturating_add(bytes.len());
        if written.exceeded || size > written.limit {
            written.exceeded = true;
            return Err(StreamError::Closed);
        }
        written.size = size;
        if !bytes.is_empty() {
            written.chunks.push_back(bytes);
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        if self.written().exceeded { Err(StreamError::Closed) } else { Ok(WRITE) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const HEADER: usize = Header::LENGTH;
    const ALIGNMENT: usize = 16;

    fn header(kind: u32, [head, meta, data]: [u32; 3]) -> Vec<u8> {
        [kind, head, meta, data].map(u32::to_le_bytes).concat()
    }

    fn payload(chunks: &[&[u8]]) -> Payload {
        let payload = Payload::default();
        payload.bound(1 << 20);
        let mut stream = payload.clone();
        chunks.iter().for_each(|it| stream.write(Bytes::copy_from_slice(it)).unwrap());
        payload
    }

    #[test]
    fn packets_are_read_wherever_their_bytes_were_cut() {
        let mut bytes = header(6, [2, 3, 5]);
        bytes.extend(b"hdmet");
        bytes.resize(HEADER + ALIGNMENT, 0);
        bytes.extend(b"datas");
        for cut in [0, 1, HEADER, HEADER + 3, HEADER + ALIGNMENT, bytes.len() - 1] {
            let found = payload(&[&bytes[..cut], &bytes[cut..], &bytes]).take_packets(&Origin::default()).unwrap();
            assert_eq!(found.len(), 2);
            let it = &found[1];
            assert_eq!((it.kind, &*it.head, &*it.meta, &*it.data), (6, "hd", "met", &b"datas"[..]));
            assert_eq!(found[0], found[1]);
        }
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        let huge = header(6, [u32::MAX; 3]);
        let no_text = [header(6, [1, 0, 0]), vec![0xff; 16]].concat();
        for bytes in [&b"x"[..], &huge, &no_text, &header(6, [0, 0, 1])] {
            assert!(payload(&[bytes]).take_packets(&Origin::default()).is_err());
        }
        let mut stream = payload(&[]);
        stream.bound(10);
        assert!(stream.write(Bytes::from_static(&[0; 11])).is_err() && stream.check_write().is_err());
        assert!(stream.clear() && !stream.clear());
    }
    #[test]
    fn changed_bytes_are_packets_or_refused() {
        let mut whole = header(3, [29, 2, 8]);
        whole.extend(br#"{"dtype":"i16","shape":[2,2]}{}"#);
        whole.resize(whole.len().next_multiple_of(ALIGNMENT), 0);
        whole.extend([1; 8]);
        let corpus = vec![whole.repeat(3), header(4, [0; 3]), whole];
        let tried = remotemedia_fuzz::fuzz("wasm-payload", &corpus, &[b"\xff\xff\xff\xff", b"\x10\0\0\0"], |input| {
            let (one, other) = input.split_at(input.len() / 3);
            let payload = payload(&[one, other]);
            let Ok(packets) = payload.take_packets(&Origin::default()) else { return };
            let given: usize = packets.iter().map(|it| it.head.len() + it.meta.len() + it.data.len()).sum();
            assert!(given <= input.len());
            for packet in packets.into_iter().filter_map(|it| it.into_packet().ok()) {
                assert!(packet.1.check().is_ok());
            }
        });
        assert!(tried > 100);
    }
}
