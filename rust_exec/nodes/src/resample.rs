//! `AudioResampleNode`, `AudioResampler` and `AudioTransform`: the sample rate, and with it the number of channels.
//!
//! The filter has the end of a packet ready only when the next one comes. So that a stream of packets stays one of as many,
//! the sound of the first is held until the second comes or the stream ends; what each gives has the times that are its
//! own, and the rest of the packet whose place it takes.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{Planar, Planes, Quality, Resampler, Saved, mix, saved};
use remotemedia_packet::Packet;

use crate::clock::Clock;
use crate::params::{Params, refused};
use crate::samples::{audio, bare, body, planes, samples, with_sound};
use crate::state::{Kept, load_block, restored, save_block};
use crate::streams::Streams;

/// What sound is to become.
#[derive(Clone, Copy)]
struct Target {
    rate: u32,
    /// As many as there are, where absent.
    channels: Option<usize>,
    quality: Quality,
}

struct Resampling {
    target: Target,
    streams: Streams<Stream>,
}

/// One stream between two changes of rate or channels.
struct Stream {
    target: Target,
    resampler: Resampler,
    /// Times of the output's frames.
    clock: Clock,
    /// Frames given.
    frames: u64,
    /// The packet whose place the next output takes, without its sound.
    frame: Packet,
    /// Sound that is ready, but waits for the second packet.
    held: Option<Planar>,
}

impl Target {
    /// How many channels are filtered: fewer are less work, and more are made of what was filtered.
    fn filtered(&self, sound: Planes<'_>) -> usize {
        self.channels.map_or(sound.channels(), |wanted| wanted.min(sound.channels()))
    }
}

/// `AudioResampleNode`.
pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    let quality = match params.string("quality")? {
        "low" => Quality::Low,
        "medium" => Quality::Medium,
        _ => Quality::High,
    };
    params.string("runtime_hint")?;
    Ok(resampling(Target { rate: params.required_u32("target_sample_rate")?, channels: None, quality }))
}

/// `AudioResampler`.
pub(crate) fn make_plain(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let rate = Params::of(spec).required_u32("target_sample_rate")?;
    Ok(resampling(Target { rate, channels: None, quality: Quality::High }))
}

/// `AudioTransform`.
pub(crate) fn make_transform(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    let channels = Some(params.required_integer("output_channels")?);
    Ok(resampling(Target { rate: params.required_u32("output_sample_rate")?, channels, quality: Quality::High }))
}

fn resampling(target: Target) -> Box<dyn NodeInstance> {
    Box::new(Resampling { target, streams: Streams::default() })
}

impl NodeInstance for Resampling {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = audio(&packet)?;
        let samples = samples(audio)?;
        let sound = planes(&samples, audio);
        self.take(&packet, audio.rate, sound, out)?;
        Ok(More::No)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        for stream in self.streams.drain() {
            stream.end(out)?;
        }
        Ok(More::No)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(Some(saved(&self.streams)))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.streams = restored(state)?;
        Ok(())
    }
}

impl Saved for Stream {
    fn save(&self, into: &mut Vec<u8>) {
        (self.target.rate, self.target.channels).save(into);
        self.target.quality.save(into);
        self.resampler.save(into);
        self.clock.save(into);
        self.frames.save(into);
        Kept(self.frame.clone()).save(into);
        self.held.is_some().save(into);
        self.held.iter().for_each(|it| save_block(it, into));
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let (rate, channels) = Saved::load(from)?;
        let target = Target { rate, channels, quality: Quality::load(from)? };
        let (resampler, clock, frames) = (Resampler::load(from)?, Clock::load(from)?, u64::load(from)?);
        let frame = Kept::load(from)?.0;
        let held = if bool::load(from)? { Some(load_block(from)?) } else { None };
        Some(Self { target, resampler, clock, frames, frame, held })
    }
}

impl Resampling {
    fn take(&mut self, packet: &Packet, rate: u32, sound: Planes<'_>, out: &mut Outputs) -> Result<(), NodeFailure> {
        let key = Streams::<Stream>::key(packet);
        let channels = self.target.filtered(sound);
        let fits = |it: &Stream| it.resampler.rates().0 == rate && it.resampler.channels() == channels;
        if let Some(stream) = self.streams.get_mut(&key).filter(|it| fits(it)) {
            return stream.next(packet, sound, out);
        }
        let ended = self.streams.remove(&key).map(|it| it.end(out)).transpose()?;
        let start = packet.pts_ns.or(ended).unwrap_or(0);
        self.streams.insert(key, Stream::begin(self.target, packet, start, rate, sound, out)?);
        Ok(())
    }
}

impl Stream {
    fn begin(
        target: Target,
        packet: &Packet,
        start_ns: i64,
        rate: u32,
        sound: Planes<'_>,
        out: &mut Outputs,
    ) -> Result<Self, NodeFailure> {
        let resampler = Resampler::new(rate, target.rate, target.filtered(sound), target.quality).map_err(refused)?;
        let clock = Clock::new(start_ns, target.rate);
        let mut stream = Self { target, resampler, clock, frames: 0, frame: bare(packet), held: None };
        let ready = stream.resampler.process(sound).map_err(refused)?;
        if rate == target.rate {
            stream.emit(ready, out);
        } else {
            stream.held = Some(ready);
        }
        Ok(stream)
    }

    fn next(&mut self, packet: &Packet, sound: Planes<'_>, out: &mut Outputs) -> Result<(), NodeFailure> {
        let (rate_in, rate_out) = self.resampler.rates();
        let ready = self.resampler.process(sound).map_err(refused)?;
        if rate_in == rate_out {
            self.frame = bare(packet);
            self.emit(ready, out);
        } else {
            self.emit(ready, out);
            self.frame = bare(packet);
        }
        Ok(())
    }

    fn emit(&mut self, ready: Planar, out: &mut Outputs) {
        let sound = match self.held.take() {
            Some(held) => held.then(ready),
            None => ready,
        };
        if sound.is_empty() {
            return;
        }
        let (pts_ns, duration_ns) = self.clock.span(self.frames, sound.frames());
        self.frames += sound.frames() as u64;
        let sound = match self.target.channels.filter(|wanted| *wanted != sound.channels()) {
            Some(more) => mix(sound.planes(), more),
            None => sound,
        };
        out.push(Packet { pts_ns, duration_ns, ..with_sound(&self.frame, body(sound, self.target.rate)) });
    }

    /// Give the rest; the time at which the stream ends.
    fn end(mut self, out: &mut Outputs) -> Result<i64, NodeFailure> {
        let rest = self.resampler.flush().map_err(refused)?;
        self.emit(rest, out);
        Ok(self.clock.at(self.frames))
    }
}
