//! The child's half, for runtimes written in Rust.

use std::collections::VecDeque;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use remotemedia_engine::{
    Cancel, FileSource, LogRecord, LogSink, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs, PortId,
};
use remotemedia_packet::Packet;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::frame::{self, Frame, Kind, decode_packets, encode_packets};
use crate::message::{Failed, Hello, Init, Line, PROTOCOL, Pull, Ready, SetParam, Source};

/// Bytes of the longest frame that is taken: the parent is trusted.
const MAX_FRAME: usize = u32::MAX as usize;

/// Say hello, make the node that is asked for, and do what is asked of it, until the parent goes or closes it.
///
/// The process is to have confined itself already. Files that the node asks for come from the parent; it may ask only
/// within its calls, and from their thread.
///
/// # Errors
///
/// The parent cannot be read from or written to.
pub fn serve(
    runtime: &dyn NodeRuntime,
    reader: impl Read + Send + 'static,
    writer: impl Write + Send + 'static,
) -> io::Result<()> {
    let parent = Parent {
        reader: Arc::new(Mutex::new(Box::new(reader))),
        writer: Arc::new(Mutex::new(BufWriter::new(Box::new(writer)))),
    };
    parent.say(Kind::Hello, &Hello { protocol: PROTOCOL })?;
    let Some(node) = made(runtime, &parent)? else { return Ok(()) };
    Served { parent, node: node.0, spec: node.1, waiting: VecDeque::new(), unfinished: false }.work()
}

/// The node that the parent asks for; none where it goes, or where none can be made.
fn made(runtime: &dyn NodeRuntime, parent: &Parent) -> io::Result<Option<(Box<dyn NodeInstance>, NodeSpec)>> {
    let Some(frame) = parent.next()? else { return Ok(None) };
    let Init { id, node_type, entry, params, inputs, outputs, fed, grants, seed, limits } = parse(&frame, Kind::Init)?;
    let spec = NodeSpec {
        id,
        node_type,
        entry,
        params,
        inputs,
        outputs,
        fed,
        files: Arc::new(parent.clone()),
        limits: limits.into(),
        grants,
        seed,
        log: Arc::new(parent.clone()),
        // The parent kills a child whose run is cancelled.
        cancel: Cancel::new(),
    };
    match runtime.instantiate(&spec) {
        Ok(node) => {
            parent.say(Kind::Ready, &Ready { is_source: node.is_source() })?;
            Ok(Some((node, spec)))
        }
        Err(failure) => {
            parent.say(Kind::Failed, &Failed::from(failure))?;
            Ok(None)
        }
    }
}

/// A node, and what it has been asked to do.
struct Served {
    parent: Parent,
    node: Box<dyn NodeInstance>,
    spec: NodeSpec,
    waiting: VecDeque<(PortId, Packet)>,
    /// Whether the last call has more to give.
    unfinished: bool,
}

impl Served {
    fn work(&mut self) -> io::Result<()> {
        while let Some(frame) = self.parent.next()? {
            match frame.kind {
                Kind::Process => match decode_packets(frame.payload) {
                    Ok(packets) => {
                        self.waiting.extend(packets);
                        self.take()?;
                    }
                    Err(error) => self.failed(NodeFailure::new(error.code, error.message))?,
                },
                Kind::Pull => {
                    let Pull { max } = parse(&frame, Kind::Pull)?;
                    self.go_on(usize::try_from(max).unwrap_or(usize::MAX))?;
                }
                Kind::Flush => {
                    let mut out = Outputs::bounded(&self.spec.limits);
                    let flushed = self.node.flush(&mut out);
                    self.emitted(flushed, &mut out)?;
                }
                Kind::Snapshot => match self.node.snapshot() {
                    Ok(state) => self.state(state.as_deref())?,
                    Err(failure) => self.failed(failure)?,
                },
                Kind::Restore => {
                    let restored = self.node.restore(&frame.payload);
                    self.done(restored)?;
                }
                Kind::SetParam => {
                    let SetParam { name, value } = parse(&frame, Kind::SetParam)?;
                    let set = self.node.set_param(&name, &value);
                    self.done(set)?;
                }
                Kind::Close => {
                    self.node.close();
                    return self.done(Ok(()));
                }
                _ => return Err(unexpected(&frame)),
            }
        }
        Ok(())
    }

    /// Go on with what is unfinished, and with what waits behind it.
    fn go_on(&mut self, max: usize) -> io::Result<()> {
        if self.unfinished || self.node.is_source() {
            let mut out = Outputs::bounded(&self.spec.limits);
            let pulled = self.node.pull(max, &mut out);
            if !self.emitted(pulled, &mut out)? {
                return Ok(());
            }
        }
        self.take()
    }

    /// Take what waits, until a call is unfinished or has failed.
    fn take(&mut self) -> io::Result<()> {
        while let Some((port, packet)) = self.waiting.pop_front() {
            let mut out = Outputs::bounded(&self.spec.limits);
            let taken = self.node.process(port, packet, &mut out);
            if !self.emitted(taken, &mut out)? {
                break;
            }
        }
        Ok(())
    }

    /// Tell what a call emitted; says whether it was finished.
    fn emitted(&mut self, called: Result<More, NodeFailure>, out: &mut Outputs) -> io::Result<bool> {
        self.unfinished = false;
        let more = match called {
            Ok(more) if !out.exceeded() => more,
            Ok(_) => {
                self.failed(frame::beyond(&self.spec.limits))?;
                return Ok(false);
            }
            Err(failure) => {
                self.failed(failure)?;
                return Ok(false);
            }
        };
        let packets: Vec<_> = out.drain().collect();
        match encode_packets(&packets) {
            Ok(parts) => {
                let parts: Vec<_> = parts.into_iter().flatten().collect();
                let length = 1 + parts.iter().map(bytes::Bytes::len).sum::<usize>();
                let mut writer = self.parent.writer();
                writer.write_all(&frame::header(Kind::Emitted, length)?)?;
                writer.write_all(&[u8::from(more == More::No)])?;
                parts.iter().try_for_each(|part| writer.write_all(part))?;
                // Answers to packets that wait behind each other leave together.
                if self.waiting.is_empty() || more == More::Yes {
                    writer.flush()?;
                }
                self.unfinished = more == More::Yes;
                Ok(!self.unfinished)
            }
            Err(error) => {
                self.failed(NodeFailure::new(error.code, error.message))?;
                Ok(false)
            }
        }
    }

    fn state(&self, state: Option<&[u8]>) -> io::Result<()> {
        let mut payload = vec![u8::from(state.is_some())];
        payload.extend_from_slice(state.unwrap_or_default());
        self.parent.send(Kind::State, &payload)
    }

    fn done(&self, done: Result<(), NodeFailure>) -> io::Result<()> {
        match done {
            Ok(()) => self.parent.send(Kind::Done, &[]),
            Err(failure) => self.failed(failure),
        }
    }

    fn failed(&self, failure: NodeFailure) -> io::Result<()> {
        self.parent.say(Kind::Failed, &Failed::from(failure))
    }
}

/// The other end; clones speak to the same.
#[derive(Clone)]
struct Parent {
    reader: Arc<Mutex<Box<dyn Read + Send>>>,
    writer: Arc<Mutex<BufWriter<Box<dyn Write + Send>>>>,
}

impl Parent {
    fn next(&self) -> io::Result<Option<Frame>> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        frame::read(&mut *reader, MAX_FRAME)
    }

    fn writer(&self) -> MutexGuard<'_, BufWriter<Box<dyn Write + Send>>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        frame::write(&mut *self.writer(), kind, payload)
    }

    fn say(&self, kind: Kind, message: &impl Serialize) -> io::Result<()> {
        self.send(kind, &serde_json::to_vec(message)?)
    }

    /// Ask for something that only the parent has.
    fn ask(&self, kind: Kind, payload: &[u8], expected: Kind) -> Result<Frame, NodeFailure> {
        let lost = |error: io::Error| NodeFailure::new("RM628", format!("the parent process does not answer: {error}"));
        self.send(kind, payload).map_err(lost)?;
        let frame = self.next().map_err(lost)?.ok_or_else(|| lost(io::ErrorKind::UnexpectedEof.into()))?;
        match frame.kind {
            kind if kind == expected => Ok(frame),
            Kind::Refused => Err(parse::<Failed>(&frame, Kind::Refused).map_err(lost)?.into()),
            _ => Err(lost(unexpected(&frame))),
        }
    }
}

impl FileSource for Parent {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        Ok(self.ask(Kind::Read, path.as_bytes(), Kind::File)?.payload.into())
    }

    fn python_sources(&self) -> Result<Vec<Source>, NodeFailure> {
        let frame = self.ask(Kind::ReadSources, &[], Kind::Sources)?;
        parse(&frame, Kind::Sources).map_err(|error| NodeFailure::new("RM628", error.to_string()))
    }

    fn local_path(&self, _path: &str) -> Option<PathBuf> {
        None
    }
}

impl LogSink for Parent {
    fn log(&self, record: &LogRecord<'_>) {
        let line = Line {
            level: record.level.into(),
            message: record.message.to_owned(),
            file: record.place.map(|(file, _)| file.to_owned()),
            line: record.place.map(|(_, line)| line),
        };
        // Where the parent is gone, the next answer finds it out.
        let _ = self.say(Kind::Log, &line);
    }
}

fn parse<T: DeserializeOwned>(frame: &Frame, kind: Kind) -> io::Result<T> {
    if frame.kind != kind {
        return Err(unexpected(frame));
    }
    serde_json::from_slice(&frame.payload).map_err(io::Error::from)
}

fn unexpected(frame: &Frame) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("expected another frame than {:?}", frame.kind))
}
