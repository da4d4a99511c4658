//! `AudioWindowNode`: windows of equal length.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{Planar, Windower};
use remotemedia_packet::Packet;

use crate::clock::Clock;
use crate::params::Params;
use crate::samples::{audio, bare, body, planes, samples};
use crate::streams::{Key, Streams};

/// Windows that one call gives; of a long packet and a small hop there are millions.
const BURST: usize = 64;

struct AudioWindowNode {
    size: usize,
    hop: usize,
    pad: bool,
    streams: Streams<Stream>,
    /// The stream that has more to give.
    current: Option<Key>,
}

/// One stream between two changes of rate or channels.
struct Stream {
    windower: Windower,
    rate: u32,
    clock: Clock,
    /// Windows given.
    windows: u64,
    /// The last packet without its sound: what the next window has beside its own.
    frame: Packet,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    let size = params.required_integer("size")?;
    let (hop, pad) = (params.integer("hop")?.unwrap_or(size), params.boolean("pad")?);
    Ok(Box::new(AudioWindowNode { size, hop, pad, streams: Streams::default(), current: None }))
}

impl NodeInstance for AudioWindowNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = audio(&packet)?;
        let samples = samples(audio)?;
        let key = Streams::<Stream>::key(&packet);
        let channels = usize::from(audio.channels);
        let fits = |it: &Stream| it.rate == audio.rate && it.windower.channels() == channels;
        if !self.streams.get_mut(&key).is_some_and(|it| fits(it)) {
            let ended = self.streams.remove(&key).map(|it| it.end(self.hop, out));
            let start = packet.pts_ns.or(ended).unwrap_or(0);
            let windower = Windower::new(self.size, self.hop, self.pad, channels);
            let clock = Clock::new(start, audio.rate);
            let stream = Stream { windower, rate: audio.rate, clock, windows: 0, frame: bare(&packet) };
            self.streams.insert(key.clone(), stream);
        }
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.frame = bare(&packet);
            stream.windower.push(planes(&samples, audio));
        }
        self.current = Some(key);
        self.pull(BURST, out)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let Some(stream) = self.current.as_ref().and_then(|key| self.streams.get_mut(key)) else {
            return Ok(More::No);
        };
        for _ in 0..max {
            match stream.windower.next_window() {
                Some(window) => stream.emit(window, self.hop, out),
                None => return Ok(More::No),
            }
        }
        Ok(More::Yes)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.current = None;
        for stream in self.streams.drain() {
            stream.end(self.hop, out);
        }
        Ok(More::No)
    }
}

impl Stream {
    fn emit(&mut self, window: Planar, hop: usize, out: &mut Outputs) {
        let start = self.windows * hop as u64;
        let (pts_ns, duration_ns) = self.clock.span(start, window.frames());
        self.windows += 1;
        out.push(Packet { pts_ns, duration_ns, ..self.frame.with_body(body(window, self.rate)) });
    }

    /// Give the last window; the time at which the next would begin.
    fn end(mut self, hop: usize, out: &mut Outputs) -> i64 {
        if let Some(window) = self.windower.flush() {
            self.emit(window, hop, out);
        }
        self.clock.at(self.windows * hop as u64)
    }
}
