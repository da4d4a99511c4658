//! Packets from a file or from stdin; what it is, its first bytes tell.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::path::Path;

use remotemedia_engine::{Cancel, NodeFailure};
use remotemedia_packet::{Body, Dtype, Packet, Tensor, jsonl};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::failure::Failure;

/// How long a cancellation may go unnoticed by whoever waits for input.
const ATTENTION: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// The packets of an input, each made when it is asked for.
pub(crate) type Packets = Box<dyn Iterator<Item = Result<Packet, NodeFailure>> + Send>;

/// Longest line of JSON that is read, in bytes.
const MAX_LINE: u64 = 64 << 20;
/// Largest array that is read, in bytes.
const MAX_ARRAY: u64 = 4 << 30;

/// Open an input: sound (wav, flac, mp3, ogg), a `.npy` array, or JSON lines; `-` is stdin.
///
/// It begins behind the first `passed` packets. Sound is decoded up to there, and lines are read: what stands behind is the
/// same to the last bit. Whoever waits for it at a pipe is woken by a cancellation. `envelope` is whether lines carry times.
pub(crate) fn open(path: &Path, passed: u64, envelope: bool, cancel: &Cancel) -> Result<Packets, Failure> {
    if path.as_os_str() == "-" {
        let stdin = Attentive { source: std::io::stdin(), cancel: cancel.clone() };
        return from_reader("stdin", passed, envelope, BufReader::new(stdin));
    }
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| unreadable(&name, &e.to_string()))?;
    if file.metadata().is_ok_and(|it| it.is_dir()) {
        return Err(unreadable(&name, "expected a file, got a directory"));
    }
    from_reader(&name, passed, envelope, BufReader::new(Attentive { source: file, cancel: cancel.clone() }))
}

/// A file or pipe that is at its end once the run is cancelled.
struct Attentive<S> {
    source: S,
    cancel: Cancel,
}

impl<S: Read + AsFd> Read for Attentive<S> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while !self.cancel.is_cancelled() {
            let mut ready = [PollFd::new(&self.source, PollFlags::IN)];
            match poll(&mut ready, Some(&ATTENTION)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return self.source.read(buffer),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(0)
    }
}

fn from_reader<R: Read + Send + Sync + 'static>(
    name: &str,
    passed: u64,
    envelope: bool,
    mut reader: BufReader<R>,
) -> Result<Packets, Failure> {
    let head = reader.fill_buf().map_err(|e| unreadable(name, &e.to_string()))?;
    if head.starts_with(b"\x93NUMPY") {
        let packet = array(name, reader)?;
        Ok(Box::new(std::iter::once(Ok(packet)).take(usize::from(passed == 0))))
    } else if is_sound(head) {
        let mut sound = remotemedia_nodes::sound(name, reader)?;
        for packet in sound.by_ref().take(usize::try_from(passed).unwrap_or(usize::MAX)) {
            packet?;
        }
        Ok(Box::new(sound))
    } else {
        Ok(Box::new(Lines { name: name.to_owned(), reader, number: 0, passed, envelope }))
    }
}

/// Whether bytes begin like one of the containers that are decoded.
fn is_sound(head: &[u8]) -> bool {
    let mpeg_frame = head.len() > 1 && head[0] == 0xff && head[1] & 0xe0 == 0xe0;
    mpeg_frame || [&b"RIFF"[..], b"RF64", b"fLaC", b"OggS", b"ID3"].iter().any(|magic| head.starts_with(magic))
}

fn unreadable(name: &str, why: &str) -> Failure {
    Failure::new("RM612", format!("input `{name}` cannot be read: {why}"))
}

/// One JSON value a line; blank lines are passed over.
struct Lines<R> {
    name: String,
    reader: BufReader<R>,
    number: u64,
    /// Values still to be passed over.
    passed: u64,
    /// Whether each line is an object that has times beside the value.
    envelope: bool,
}

impl<R: Read + Send> Iterator for Lines<R> {
    type Item = Result<Packet, NodeFailure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.number += 1;
            let mut line = String::new();
            let read = self.reader.by_ref().take(MAX_LINE + 1).read_line(&mut line);
            match read {
                Ok(0) => return None,
                Ok(n) if n as u64 > MAX_LINE => return Some(Err(self.fault("expected at most 64 MiB a line"))),
                Ok(_) if line.trim().is_empty() => {}
                Ok(_) if self.passed > 0 => self.passed -= 1,
                Ok(_) => {
                    let packet = jsonl::from_line(line.trim(), self.envelope);
                    return Some(packet.map_err(|e| self.fault(&e.to_string())));
                }
                Err(e) => return Some(Err(self.fault(&e.to_string()))),
            }
        }
    }
}

impl<R> Lines<R> {
    fn fault(&self, why: &str) -> NodeFailure {
        NodeFailure::new("RM612", format!("line {} of `{}` is not a value: {why}", self.number, self.name))
            .with_hint("an input that is neither sound nor `.npy` is read as one JSON value a line")
    }
}

/// A `.npy` array as one tensor packet.
pub(crate) fn array(name: &str, mut reader: impl Read) -> Result<Packet, Failure> {
    let npy = npyz::NpyHeader::from_reader(&mut reader).map_err(|e| unreadable(name, &e.to_string()))?;
    if npy.order() != npyz::Order::C {
        return Err(unreadable(name, "expected C order, got Fortran order").with_hint("save `np.ascontiguousarray(a)`"));
    }
    let shape = npy.shape().to_vec();
    let npyz::DType::Plain(kind) = npy.dtype() else {
        return Err(unreadable(name, "expected plain numbers, got records"));
    };
    let little = matches!(kind.endianness(), npyz::Endianness::Little | npyz::Endianness::Irrelevant);
    let dtype = dtype(&kind).filter(|_| little);
    let dtype = dtype.ok_or_else(|| unreadable(name, &format!("expected little-endian numbers, got `{kind}`")))?;
    let bytes = shape.iter().try_fold(dtype.size() as u64, |n, &axis| n.checked_mul(axis));
    let Some(bytes) = bytes.filter(|&n| n <= MAX_ARRAY) else {
        return Err(unreadable(name, "expected at most 4 GiB of data"));
    };
    let mut data = Vec::new();
    let read = reader.take(bytes).read_to_end(&mut data).map_err(|e| unreadable(name, &e.to_string()))?;
    if read as u64 != bytes {
        return Err(unreadable(name, &format!("expected {bytes} bytes of data, got {read}")));
    }
    Ok(Packet::new(Body::Tensor(Tensor { dtype, shape, data: data.into() })))
}

fn dtype(kind: &npyz::TypeStr) -> Option<Dtype> {
    use npyz::TypeChar::{Bool, Float, Int, Uint};
    Some(match (kind.type_char(), kind.size_field()) {
        (Bool, 1) => Dtype::Bool,
        (Int, 1) => Dtype::I8,
        (Int, 2) => Dtype::I16,
        (Int, 4) => Dtype::I32,
        (Int, 8) => Dtype::I64,
        (Uint, 1) => Dtype::U8,
        (Uint, 2) => Dtype::U16,
        (Uint, 4) => Dtype::U32,
        (Uint, 8) => Dtype::U64,
        (Float, 2) => Dtype::F16,
        (Float, 4) => Dtype::F32,
        (Float, 8) => Dtype::F64,
        _ => return None,
    })
}
