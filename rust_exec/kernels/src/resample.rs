//! The sample rate: band-limited, linear phase, by filtering blocks in the frequency domain.

use std::num::NonZero;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::KernelError;
use crate::mix::{mix, mix_into};
use crate::planar::{MAX_CHANNELS, MAX_RATE, MIN_RATE, Planar, Planes};
use crate::room::with_room;
use crate::spectral::Spectral;
use crate::state::Saved;

/// Length of the filter: longer keeps more of the highest tones, and delays more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// About 128 frames of the lower rate: flat to 84 % of its half.
    Low,
    /// About 256 frames of the lower rate: flat to 92 % of its half.
    Medium,
    /// About 512 frames of the lower rate: flat to 96 % of its half.
    High,
}

impl Quality {
    fn frames(self) -> usize {
        match self {
            Self::Low => 128,
            Self::Medium => 256,
            Self::High => 512,
        }
    }
}

/// Frames of a filter at both rates, over all channels, at most: some 100 MB for each of its buffers.
const MAX_FILTER: usize = 1 << 24;

/// Blocks that one processor filters at a time where there are many: about a millisecond of work, some ten seconds of sound.
const SHARE: usize = 256;

/// Changes the sample rate of a stream.
///
/// After [`Resampler::flush`] exactly `round(frames · out / in)` frames have been given, and frame `i` of the output
/// stands at the time of `i · in / out` of the input: the filter's delay is cut off. Equal rates pass through unchanged.
pub struct Resampler {
    rates: (u32, u32),
    channels: usize,
    quality: Quality,
    /// `None` where the rates are equal.
    filter: Option<Filter>,
    /// Frames taken and given since the start of the stream.
    taken: u64,
    given: u64,
}

/// The filter and what it has not yet filtered.
struct Filter {
    /// Its blocks are as long as the filter; longer ones would save no time, and keep sound waiting.
    spectral: Spectral,
    /// By channel: as many frames as the filter is long that were filtered last, then those that do not fill a block yet.
    kept: Vec<Vec<f32>>,
    /// Frames of delay still to be cut off.
    delay: usize,
}

impl Resampler {
    /// A resampler at the start of its stream.
    ///
    /// # Errors
    ///
    /// `RM211`: a rate outside 1 000 to 768 000 Hz, channels outside 1 to 64, or a pair of rates whose common period is
    /// too long for so many channels.
    pub fn new(input_rate: u32, output_rate: u32, channels: usize, quality: Quality) -> Result<Self, KernelError> {
        for rate in [input_rate, output_rate] {
            if !(MIN_RATE..=MAX_RATE).contains(&rate) {
                let message = format!("expected a sample rate of {MIN_RATE} to {MAX_RATE} Hz, got {rate}");
                return Err(KernelError::parameter(message));
            }
        }
        if !(1..=MAX_CHANNELS).contains(&channels) {
            return Err(KernelError::parameter(format!("expected 1 to {MAX_CHANNELS} channels, got {channels}")));
        }
        let filter = if input_rate == output_rate {
            None
        } else {
            Some(Filter::new(input_rate, output_rate, channels, quality)?)
        };
        Ok(Self { rates: (input_rate, output_rate), channels, quality, filter, taken: 0, given: 0 })
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Sample rates of input and output, in Hz.
    #[must_use]
    pub fn rates(&self) -> (u32, u32) {
        self.rates
    }

    /// Take a stretch of input; give what is ready, which may be nothing. Sound of more channels is mixed down, as
    /// [`mix`](crate::mix) does.
    ///
    /// # Errors
    ///
    /// `RM211`: fewer channels.
    pub fn process(&mut self, input: Planes<'_>) -> Result<Planar, KernelError> {
        if input.channels() < self.channels {
            let message = format!("expected {} channels, got {}", self.channels, input.channels());
            return Err(KernelError::parameter(message));
        }
        self.taken += input.frames() as u64;
        let output = match &mut self.filter {
            None => mix(input, self.channels),
            Some(filter) => filter.process(input),
        };
        self.given += output.frames() as u64;
        Ok(output)
    }

    /// The stream is at its end: give the rest, and be ready for another stream.
    ///
    /// # Errors
    ///
    /// None in a resampler that was made.
    pub fn flush(&mut self) -> Result<Planar, KernelError> {
        let (input_rate, output_rate) = (u64::from(self.rates.0), u64::from(self.rates.1));
        let total = (self.taken * output_rate + input_rate / 2) / input_rate;
        let rest = usize::try_from(total.saturating_sub(self.given)).unwrap_or(usize::MAX);
        (self.taken, self.given) = (0, 0);
        match &mut self.filter {
            None => Ok(Planar::silence(self.channels, 0)),
            Some(filter) => Ok(filter.flush(rest)),
        }
    }
}

impl Filter {
    fn new(input_rate: u32, output_rate: u32, channels: usize, quality: Quality) -> Result<Self, KernelError> {
        let (input, output) = (input_rate as usize, output_rate as usize);
        let step = {
            let divisor = greatest_common_divisor(input_rate, output_rate) as usize;
            (input / divisor, output / divisor)
        };
        // An even number of steps puts the filter's centre on a frame of both rates; an odd one would shift the output
        // against the input by a fraction of a frame.
        let steps = quality.frames().div_ceil(step.0.min(step.1)).next_multiple_of(2);
        if steps * (step.0 + step.1) * channels > MAX_FILTER {
            return Err(KernelError::parameter(format!(
                "expected rates with a greater common divisor for {channels} channels, got {input_rate} and {output_rate} Hz"
            )));
        }
        let filter = (steps * step.0, steps * step.1);
        Ok(Self { spectral: Spectral::new(filter), kept: vec![vec![0.0; filter.0]; channels], delay: filter.1 / 2 })
    }

    /// Frames that wait for their block to be full.
    fn waiting(&self) -> usize {
        self.kept[0].len() - self.spectral.length().0
    }

    fn process(&mut self, input: Planes<'_>) -> Planar {
        let (taken, given) = self.spectral.length();
        let channels = self.kept.len();
        let blocks = (self.waiting() + input.frames()) / taken;
        let skipped = self.delay.min(blocks * given);
        // A little more, so that what a whole sound's end adds finds its place without a move.
        let mut output = with_room((blocks + blocks / 32) * given * channels);
        for (channel, kept) in self.kept.iter_mut().enumerate() {
            let sound = Sound { kept, input, channel, channels };
            // Of the first block of a stream the filter's delay is cut off.
            let first = usize::from(skipped > 0);
            let start = output.len();
            output.resize(start + first * given, 0.0);
            sound.filter(&mut self.spectral, 0, &mut output[start..]);
            output.drain(start..start + skipped);
            let start = output.len();
            output.resize(start + (blocks - first) * given, 0.0);
            sound.filter_all(&mut self.spectral, first, &mut output[start..]);
            let mut rest = Vec::with_capacity(2 * taken);
            sound.read(blocks * taken..kept.len() + input.frames(), &mut rest);
            *kept = rest;
        }
        self.delay -= skipped;
        Planar::new(output, channels)
    }

    fn flush(&mut self, rest: usize) -> Planar {
        let (taken, given) = self.spectral.length();
        let channels = self.kept.len();
        let blocks = (self.delay + rest).div_ceil(given);
        let silence = vec![0.0; (blocks * taken).saturating_sub(self.waiting()) * channels];
        let ready = self.process(Planes::new(&silence, channels)).first(rest);
        self.kept = vec![vec![0.0; taken]; channels];
        self.delay = given / 2;
        ready
    }

    /// Go on where a stream stood; `None` if none stands so.
    fn resume(&mut self, kept: Vec<Vec<f32>>, delay: usize) -> Option<()> {
        let taken = self.spectral.length().0;
        let length = kept.first()?.len();
        let fits = kept.len() == self.kept.len()
            && kept.iter().all(|it| it.len() == length)
            && (taken..2 * taken).contains(&length)
            && delay <= self.delay;
        (self.kept, self.delay) = fits.then_some((kept, delay))?;
        Some(())
    }
}

/// One channel of what there is to filter: what was kept, and behind it the input, mixed down.
#[derive(Clone, Copy)]
struct Sound<'a> {
    kept: &'a [f32],
    input: Planes<'a>,
    channel: usize,
    channels: usize,
}

impl Sound<'_> {
    /// Append some frames.
    fn read(&self, frames: Range<usize>, into: &mut Vec<f32>) {
        let split = self.kept.len();
        into.extend_from_slice(&self.kept[frames.start.min(split)..frames.end.min(split)]);
        let new = frames.start.max(split) - split..frames.end.max(split) - split;
        mix_into(into, self.input, (self.channel, self.channels), new);
    }

    /// Filter blocks, the first of which is the block `first`. What is mixed and filtered stays in the processor's cache.
    fn filter(&self, spectral: &mut Spectral, first: usize, output: &mut [f32]) {
        let (taken, given) = spectral.length();
        if output.is_empty() {
            return;
        }
        let mut window = Vec::with_capacity(2 * taken);
        let mut end = (first + 1) * taken;
        self.read(end - taken..end, &mut window);
        for block in output.chunks_exact_mut(given) {
            self.read(end..end + taken, &mut window);
            spectral.filter(&window, block);
            window.drain(..taken);
            end += taken;
        }
    }

    /// The same, but many are shared out among the processors: no block needs what another gives.
    fn filter_all(&self, spectral: &mut Spectral, first: usize, output: &mut [f32]) {
        let size = SHARE * spectral.length().1;
        if output.len() <= size {
            return self.filter(spectral, first, output);
        }
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let helpers = processors.min(output.len().div_ceil(size)) - 1;
        let shares = Mutex::new(output.chunks_mut(size).zip((first..).step_by(SHARE)));
        let next = || shares.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = |spectral: &mut Spectral| {
            while let Some((share, first)) = next() {
                self.filter(spectral, first, share);
            }
        };
        thread::scope(|scope| {
            for mut own in std::iter::repeat_n(&*spectral, helpers).cloned() {
                // Without the help it takes longer.
                let _ = thread::Builder::new().spawn_scoped(scope, move || work(&mut own));
            }
            work(spectral);
        });
    }
}

impl Saved for Quality {
    fn save(&self, into: &mut Vec<u8>) {
        self.frames().save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let frames = usize::load(from)?;
        [Self::Low, Self::Medium, Self::High].into_iter().find(|it| it.frames() == frames)
    }
}

impl Saved for Resampler {
    fn save(&self, into: &mut Vec<u8>) {
        (self.rates, (self.channels, self.quality)).save(into);
        (self.taken, self.given).save(into);
        self.filter.is_some().save(into);
        if let Some(filter) = &self.filter {
            filter.kept.save(into);
            filter.delay.save(into);
        }
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let (rates, (channels, quality)) = <((u32, u32), (usize, Quality))>::load(from)?;
        let mut resampler = Self::new(rates.0, rates.1, channels, quality).ok()?;
        (resampler.taken, resampler.given) = Saved::load(from)?;
        if bool::load(from)? != resampler.filter.is_some() {
            return None;
        }
        if let Some(filter) = &mut resampler.filter {
            filter.resume(Saved::load(from)?, usize::load(from)?)?;
        }
        Some(resampler)
    }
}

fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
