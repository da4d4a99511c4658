//! The parent's half: a child as a node of the engine.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeLog, NodeSpec, Outputs, PortId};
use remotemedia_packet::{Packet, PacketError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::death;
use crate::frame::{Emitted, Frame, Kind, encode_packets};
use crate::message::{Failed, Hello, Init, Line, PROTOCOL, Pull, Ready, SetParam};
use crate::process::{Lost, Process, Program};

/// Bytes of packets that are sent at once: the child reads all of them before it begins, so that neither side ever waits for
/// the other to read.
const BATCH: usize = 1 << 20;
/// How long a child may take until it says hello.
const START: Duration = Duration::from_secs(20);

/// A node that runs in a process of its own.
///
/// Every call has the node's deadline; a call that is given several packets has it for each. A child that misses it, ends, or
/// does not keep to the protocol is killed, and every later call fails as that one did.
pub struct Child {
    spec: NodeSpec,
    process: Process,
    log: NodeLog,
    ready: Ready,
    /// Why it is dead.
    dead: Option<NodeFailure>,
    /// Packets that the child has and has not finished.
    given: VecDeque<(PortId, Packet)>,
    /// Messages of packets that are not sent yet, each as its length and itself.
    unsent: VecDeque<[Bytes; 2]>,
    /// The packet that the last failed call was at.
    hand: Option<Packet>,
    /// Answers that are still to come: one a packet, one for a flush, one for a source.
    expected: usize,
    /// Whether the child waits to be told to go on.
    paused: bool,
    /// What exceeded the bound of one call together with what came before it.
    stash: Option<Emitted>,
    /// What is raised when what came before it has gone its way.
    failed: Option<NodeFailure>,
    /// Whether it runs a program of an author's: sound goes to it in planes, and of its failures it says what it may.
    is_foreign: bool,
}

impl Child {
    /// Start a program, and have it make a node.
    ///
    /// `memory` bounds the child's anonymous memory, in bytes, where it has no such bound of its own.
    ///
    /// # Errors
    ///
    /// `RM626`: it cannot be started. Otherwise whatever keeps the node from being made.
    pub fn start(program: &Program, spec: &NodeSpec, memory: Option<u64>) -> Result<Self, NodeFailure> {
        let process = Process::start(program, spec, memory).map_err(|error| {
            NodeFailure::new("RM626", format!("expected to start `{}`, got: {error}", program.name()))
        })?;
        let mut child = Self {
            log: NodeLog::new(&spec.id, spec.limits.log_bytes, Arc::clone(&spec.log)),
            spec: spec.clone(),
            process,
            ready: Ready::default(),
            dead: None,
            given: VecDeque::new(),
            unsent: VecDeque::new(),
            hand: None,
            expected: 0,
            paused: false,
            stash: None,
            failed: None,
            is_foreign: program.image.is_some(),
        };
        child.shake_hands(program)?;
        child.ready = child.ask(Kind::Init, &Init::from(spec), Kind::Ready)?;
        Ok(child)
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    fn shake_hands(&mut self, program: &Program) -> Result<(), NodeFailure> {
        let patience = program.image.as_ref().map_or(START, |it| it.patience.min(START));
        let until = Instant::now().checked_add(patience);
        let sent = program.image.as_ref().map_or(Ok(()), |it| self.process.send_image(&it.bytes, until));
        let hello = sent.and_then(|()| self.process.receive(until)).map_err(|lost| {
            let failure = death::failure(lost, &mut self.process, &self.spec.limits, patience);
            let (name, why) = (program.name(), &failure.message);
            let told = NodeFailure::new("RM626", format!("the child process `{name}` did not start: {why}"));
            NodeFailure { causes: failure.causes, ..told }
        })?;
        let version = json::<Hello>(&hello).ok().filter(|_| hello.kind == Kind::Hello).map(|it| it.protocol);
        match version {
            Some(PROTOCOL) => Ok(()),
            Some(other) => Err(NodeFailure::new(
                "RM626",
                format!("expected protocol {PROTOCOL} from the child process, got {other}"),
            )),
            None => Err(self.broke(&format!("{:?} in place of a greeting", hello.kind))),
        }
    }

    /// Send a frame; what a dead child is told is its death.
    fn send(&mut self, kind: Kind, parts: &[Bytes]) -> Result<(), NodeFailure> {
        if let Some(dead) = &self.dead {
            return Err(dead.clone());
        }
        let until = self.deadline();
        self.process.send(kind, parts, until).map_err(|lost| self.lost(lost))
    }

    /// Wait for a frame that answers; what the child asks for on the way is given.
    fn answer(&mut self) -> Result<Frame, NodeFailure> {
        if let Some(dead) = &self.dead {
            return Err(dead.clone());
        }
        let until = self.deadline();
        loop {
            let frame = self.process.receive(until).map_err(|lost| self.lost(lost))?;
            match frame.kind {
                Kind::Log => {
                    let line: Line = json(&frame).map_err(|what| self.broke(&what))?;
                    let place = line.file.as_deref().zip(line.line);
                    self.log.write(line.level.into(), &line.message, place);
                }
                Kind::Read => {
                    let path = String::from_utf8_lossy(&frame.payload).into_owned();
                    let read = self.spec.files.read(&path).map(Bytes::from);
                    self.give(Kind::File, read, until)?;
                }
                Kind::ReadSources => {
                    let sources = self.spec.files.python_sources().map(|it| to_json(&it));
                    self.give(Kind::Sources, sources, until)?;
                }
                Kind::Failed => {
                    self.log.next_call();
                    let failed: Failed = json(&frame).map_err(|what| self.broke(&what))?;
                    let failed = if self.is_foreign { failed.into_strangers() } else { failed };
                    return Err(match failed.code.as_str() {
                        // The child cannot know what the bound is called here.
                        "RM604" => NodeFailure {
                            causes: NodeFailure::from(failed).causes,
                            ..NodeFailure::out_of_memory(&self.spec.limits)
                        },
                        _ => failed.into(),
                    });
                }
                Kind::Ready | Kind::Emitted | Kind::State | Kind::Done => return Ok(frame),
                other => return Err(self.broke(&format!("{other:?}"))),
            }
        }
    }

    fn give(&mut self, kind: Kind, got: Result<Bytes, NodeFailure>, until: Option<Instant>) -> Result<(), NodeFailure> {
        let sent = match got {
            Ok(bytes) => self.process.send(kind, &[bytes], until),
            Err(failure) => self.process.send(Kind::Refused, &[to_json(&Failed::from(failure))], until),
        };
        sent.map_err(|lost| self.lost(lost))
    }

    /// Send a control message and wait for its answer.
    fn request(&mut self, kind: Kind, payload: Bytes, expected: Kind) -> Result<Frame, NodeFailure> {
        self.send(kind, &[payload])?;
        let frame = self.answer()?;
        self.log.next_call();
        if frame.kind == expected { Ok(frame) } else { Err(self.broke(&format!("{:?}", frame.kind))) }
    }

    fn ask<T: DeserializeOwned>(
        &mut self,
        kind: Kind,
        message: &impl Serialize,
        expected: Kind,
    ) -> Result<T, NodeFailure> {
        let frame = self.request(kind, to_json(message), expected)?;
        json(&frame).map_err(|what| self.broke(&what))
    }

    /// Give the child packets without waiting for what comes of them, which `pull` gives.
    pub(crate) fn begin(&mut self, packets: Vec<(PortId, Packet)>) -> Result<(), NodeFailure> {
        let planes = |(port, packet): (PortId, Packet)| (port, packet.into_planar());
        let packets = if self.is_foreign { packets.into_iter().map(planes).collect() } else { packets };
        self.unsent.extend(encode_packets(&packets).map_err(failure)?);
        self.given.extend(packets);
        self.send_some()
    }

    /// Send a batch of the packets that wait, at least one.
    fn send_some(&mut self) -> Result<(), NodeFailure> {
        let (mut parts, mut bytes) = (Vec::new(), 0);
        while let Some([_, message]) = self.unsent.front()
            && (bytes == 0 || bytes + message.len() <= BATCH)
        {
            bytes += message.len();
            parts.extend(self.unsent.pop_front().into_iter().flatten());
            self.expected += 1;
        }
        self.paused = false;
        self.send(Kind::Process, &parts)
    }

    /// Take what comes until all that is expected has come, the child wants to be told to go on, or enough has come for now.
    fn collect(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        let limits = self.spec.limits;
        let (mut packets, mut bytes) = (0, 0);
        while self.expected > 0 || !self.unsent.is_empty() {
            if self.expected == 0 {
                self.send_some()?;
            }
            let emitted = match self.stash.take() {
                Some(emitted) => emitted,
                None => match self.emitted() {
                    Ok(emitted) => emitted,
                    // What came of the packets before goes its way first.
                    Err(failure) if !out.is_empty() => {
                        self.failed = Some(failure);
                        return Ok(More::Yes);
                    }
                    Err(failure) => return Err(failure),
                },
            };
            let size: u64 = emitted.packets.iter().map(|(_, it)| it.byte_len() as u64).sum();
            packets += emitted.packets.len() as u64;
            bytes += size;
            // The bound is one call's, and several may have been answered.
            if !out.is_empty() && (bytes > limits.output_bytes || packets > limits.output_packets) {
                self.stash = Some(emitted);
                return Ok(More::Yes);
            }
            let trace = self.given.front().and_then(|(_, it)| it.trace.clone());
            for (port, mut packet) in emitted.packets {
                packet.trace.clone_from(&trace);
                out.push_to(port, packet);
            }
            if !emitted.done {
                self.paused = true;
                return Ok(More::Yes);
            }
            self.given.pop_front();
            self.expected -= 1;
        }
        Ok(More::No)
    }

    /// What came of one packet, pull or flush.
    fn emitted(&mut self) -> Result<Emitted, NodeFailure> {
        let emitted = self.answer().and_then(|frame| self.read(frame));
        if emitted.is_err() {
            // The packet in hand is done with; the child goes on with those behind it when it is told to.
            (self.hand, self.paused) = (self.given.pop_front().map(|(_, packet)| packet), true);
            self.expected -= 1;
        }
        emitted
    }

    /// Read what is said to be emitted; a child that may not emit it is not believed any more.
    fn read(&mut self, answer: Frame) -> Result<Emitted, NodeFailure> {
        self.log.next_call();
        if answer.kind != Kind::Emitted {
            return Err(self.broke(&format!("{:?}", answer.kind)));
        }
        let limits = self.spec.limits;
        let emitted = Emitted::decode(answer.payload, &limits).map_err(|failure| self.end(failure))?;
        let ports = self.spec.outputs.len();
        if let Some((port, _)) = emitted.packets.iter().find(|(port, _)| *port as usize >= ports) {
            let message = format!("expected a packet for one of {ports} ports, got port {port}");
            return Err(self.end(NodeFailure::new("RM605", message)));
        }
        Ok(emitted)
    }

    fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.spec.limits.timeout)
    }

    /// The child cannot be spoken to any more: end it.
    fn lost(&mut self, lost: Lost) -> NodeFailure {
        let failure = death::failure(lost, &mut self.process, &self.spec.limits, self.spec.limits.timeout);
        self.end(failure)
    }

    /// It is done with the child.
    fn end(&mut self, failure: NodeFailure) -> NodeFailure {
        self.process.kill();
        self.dead = Some(failure.clone());
        failure
    }

    /// The child does not keep to the protocol: end it.
    fn broke(&mut self, what: &str) -> NodeFailure {
        self.lost(Lost::Malformed(what.to_owned()))
    }
}

impl NodeInstance for Child {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.process_all(vec![(port, packet)], out)
    }

    fn process_all(&mut self, packets: Vec<(PortId, Packet)>, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.begin(packets)?;
        self.collect(out)
    }

    fn in_hand(&mut self) -> Option<Packet> {
        self.hand.take()
    }

    fn goes_on(&self) -> bool {
        self.dead.is_none() && (self.expected > 0 || !self.unsent.is_empty())
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        if let Some(failure) = self.failed.take() {
            return Err(failure);
        }
        if self.expected == 0 && self.ready.is_source {
            (self.expected, self.paused) = (1, true);
        }
        if self.paused && self.expected > 0 && self.stash.is_none() {
            self.paused = false;
            self.send(Kind::Pull, &[to_json(&Pull { max: max as u64 })])?;
        }
        self.collect(out)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.expected += 1;
        self.send(Kind::Flush, &[])?;
        self.collect(out)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        let state = self.request(Kind::Snapshot, Bytes::new(), Kind::State)?.payload;
        Ok(match state.split_first() {
            Some((1, state)) => Some(state.to_vec()),
            _ => None,
        })
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.request(Kind::Restore, Bytes::copy_from_slice(state), Kind::Done).map(drop)
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        let message = SetParam { name: name.to_owned(), value: value.clone() };
        self.request(Kind::SetParam, to_json(&message), Kind::Done).map(drop)
    }

    fn close(&mut self) {
        // The node is done with: how its last call ends changes nothing.
        let _ = self.request(Kind::Close, Bytes::new(), Kind::Done);
        self.process.kill();
        self.dead.get_or_insert_with(|| NodeFailure::new("RM611", "the node was closed"));
    }

    fn is_source(&self) -> bool {
        self.ready.is_source
    }

    /// It works beside the engine, and is cheapest where it is given many packets at once.
    fn waits(&self) -> bool {
        true
    }
}

fn failure(error: PacketError) -> NodeFailure {
    NodeFailure::new(error.code, error.message)
}

fn json<T: DeserializeOwned>(frame: &Frame) -> Result<T, String> {
    serde_json::from_slice(&frame.payload).map_err(|error| format!("{:?} that cannot be read: {error}", frame.kind))
}

fn to_json(message: &impl Serialize) -> Bytes {
    let mut text = BytesMut::new().writer();
    // Our own messages have nothing that JSON lacks; were it so, the child would say what it misses.
    let _ = serde_json::to_writer(&mut text, message);
    text.into_inner().freeze()
}
