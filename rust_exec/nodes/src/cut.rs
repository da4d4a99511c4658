//! What the nodes that cut sound into pieces have in common: a stream's times, and pieces given a few at a time.

use remotemedia_engine::{More, NodeFailure, NodeInstance, Outputs, PortId};
use remotemedia_kernels::{Saved, saved};
use remotemedia_packet::{Audio, Body, Packet};

use crate::clock::Clock;
use crate::samples::{audio, bare, with_sound};
use crate::state::{Kept, restored};
use crate::streams::{Key, Streams};

/// Pieces that one call gives; of a long packet and a small step there are millions.
const BURST: usize = 64;

/// Cuts one stream, whose rate and channels stay.
pub(crate) trait Cutter: Saved + Send {
    /// Whether this sound continues the stream.
    fn fits(&self, audio: &Audio) -> bool;

    /// Take a stretch of sound.
    fn push(&mut self, audio: &Audio) -> Result<(), NodeFailure>;

    /// The next whole piece, if there is one.
    fn next(&mut self) -> Option<Audio>;

    /// What is left at the end, if anything is.
    fn rest(&mut self) -> Option<Audio>;
}

/// A node that cuts every stream on its own.
pub(crate) struct Cutting<C, F> {
    /// Makes the cutter of a stream that begins with this sound.
    start: F,
    /// Frames from the beginning of one piece to that of the next.
    step: usize,
    streams: Streams<Stream<C>>,
    /// The stream that has more to give.
    current: Option<Key>,
}

/// One stream between two changes of what its sound is.
struct Stream<C> {
    cutter: C,
    clock: Clock,
    /// Pieces given.
    pieces: u64,
    /// The last packet without its sound: what the next piece has beside its own.
    frame: Packet,
}

impl<C: Cutter, F: Fn(&Audio) -> C> Cutting<C, F> {
    pub(crate) fn new(step: usize, start: F) -> Self {
        Self { start, step, streams: Streams::default(), current: None }
    }
}

impl<C: Cutter, F: Fn(&Audio) -> C + Send> NodeInstance for Cutting<C, F> {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = audio(&packet)?;
        let key = Streams::<Stream<C>>::key(&packet);
        if !self.streams.get_mut(&key).is_some_and(|it| it.cutter.fits(audio)) {
            let ended = self.streams.remove(&key).map(|it| it.end(self.step, out));
            let clock = Clock::new(packet.pts_ns.or(ended).unwrap_or(0), audio.rate);
            let cutter = (self.start)(audio);
            self.streams.insert(key.clone(), Stream { cutter, clock, pieces: 0, frame: bare(&packet) });
        }
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.frame = bare(&packet);
            stream.cutter.push(audio)?;
        }
        self.current = Some(key);
        self.pull(BURST, out)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let Some(stream) = self.current.as_ref().and_then(|key| self.streams.get_mut(key)) else {
            return Ok(More::No);
        };
        for _ in 0..max {
            match stream.cutter.next() {
                Some(piece) => stream.emit(piece, self.step, out),
                None => return Ok(More::No),
            }
        }
        Ok(More::Yes)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.current = None;
        for stream in self.streams.drain() {
            stream.end(self.step, out);
        }
        Ok(More::No)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(Some(saved(&self.streams)))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        (self.streams, self.current) = (restored(state)?, None);
        Ok(())
    }
}

impl<C: Cutter> Saved for Stream<C> {
    fn save(&self, into: &mut Vec<u8>) {
        self.cutter.save(into);
        self.clock.save(into);
        self.pieces.save(into);
        Kept(self.frame.clone()).save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let (cutter, clock, pieces) = (C::load(from)?, Clock::load(from)?, u64::load(from)?);
        Some(Self { cutter, clock, pieces, frame: Kept::load(from)?.0 })
    }
}

impl<C: Cutter> Stream<C> {
    fn emit(&mut self, piece: Audio, step: usize, out: &mut Outputs) {
        let (pts_ns, duration_ns) = self.clock.span(self.pieces * step as u64, piece.frames());
        self.pieces += 1;
        out.push(Packet { pts_ns, duration_ns, ..with_sound(&self.frame, Body::Audio(piece)) });
    }

    /// Give what is left; the time at which the next piece would begin.
    fn end(mut self, step: usize, out: &mut Outputs) -> i64 {
        if let Some(piece) = self.cutter.rest() {
            self.emit(piece, step, out);
        }
        self.clock.at(self.pieces * step as u64)
    }
}
