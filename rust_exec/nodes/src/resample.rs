//! `AudioResampleNode`: the sample rate.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{Planar, Quality, Resampler};
use remotemedia_packet::Packet;

use crate::clock::Clock;
use crate::params::{Params, refused};
use crate::samples::{audio, bare, body, planes, samples};
use crate::streams::Streams;

struct AudioResampleNode {
    rate: u32,
    quality: Quality,
    streams: Streams<Stream>,
}

/// One stream between two changes of rate or channels.
struct Stream {
    resampler: Resampler,
    /// Times of the output's frames.
    clock: Clock,
    /// Frames given.
    frames: u64,
    /// The last packet without its sound: what the next output has beside its own.
    frame: Packet,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    let rate = params.required_integer("target_sample_rate")?;
    let quality = match params.string("quality")? {
        "low" => Quality::Low,
        "medium" => Quality::Medium,
        _ => Quality::High,
    };
    params.string("runtime_hint")?;
    let rate = u32::try_from(rate).unwrap_or(u32::MAX);
    Ok(Box::new(AudioResampleNode { rate, quality, streams: Streams::default() }))
}

impl NodeInstance for AudioResampleNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = audio(&packet)?;
        let samples = samples(audio)?;
        let key = Streams::<Stream>::key(&packet);
        let channels = usize::from(audio.channels);
        let fits = |it: &Stream| it.resampler.rates().0 == audio.rate && it.resampler.channels() == channels;
        if !self.streams.get_mut(&key).is_some_and(|it| fits(it)) {
            let ended = self.streams.remove(&key).map(|it| it.end(out)).transpose()?;
            let start = packet.pts_ns.or(ended).unwrap_or(0);
            let resampler = Resampler::new(audio.rate, self.rate, channels, self.quality).map_err(refused)?;
            let clock = Clock::new(start, self.rate);
            self.streams.insert(key.clone(), Stream { resampler, clock, frames: 0, frame: bare(&packet) });
        }
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.frame = bare(&packet);
            let block = stream.resampler.process(planes(&samples, audio)).map_err(refused)?;
            stream.emit(block, out);
        }
        Ok(More::No)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        for stream in self.streams.drain() {
            stream.end(out)?;
        }
        Ok(More::No)
    }
}

impl Stream {
    fn emit(&mut self, block: Planar, out: &mut Outputs) {
        if block.is_empty() {
            return;
        }
        let (pts_ns, duration_ns) = self.clock.span(self.frames, block.frames());
        self.frames += block.frames() as u64;
        let body = body(block, self.resampler.rates().1);
        out.push(Packet { pts_ns, duration_ns, ..self.frame.with_body(body) });
    }

    /// Give the rest; the time at which the stream ends.
    fn end(mut self, out: &mut Outputs) -> Result<i64, NodeFailure> {
        let rest = self.resampler.flush().map_err(refused)?;
        self.emit(rest, out);
        Ok(self.clock.at(self.frames))
    }
}
