//! The sample rate: band-limited, linear phase, by overlap-add in the frequency domain.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler as _, WindowFunction};

use crate::error::KernelError;
use crate::planar::{MAX_CHANNELS, MAX_RATE, MIN_RATE, Planar, Planes};

/// Length of the filter: longer keeps more of the highest tones, and delays more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// About 128 frames of the lower rate: flat to 70 % of its half.
    Low,
    /// About 256 frames of the lower rate: flat to 85 % of its half.
    Medium,
    /// About 512 frames of the lower rate: flat to 94 % of its half.
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

/// Samples of a block at both rates, over all channels, at most: some 100 MB for each of the filter's buffers.
const MAX_BLOCK: usize = 1 << 24;

/// Changes the sample rate of a stream.
///
/// After [`Resampler::flush`] exactly `round(frames · out / in)` frames have been given, and frame `i` of the output
/// stands at the time of `i · in / out` of the input: the filter's delay is cut off. Equal rates pass through unchanged.
pub struct Resampler {
    rates: (u32, u32),
    channels: usize,
    /// `None` where the rates are equal.
    filter: Option<Filter>,
    /// Frames taken and given since the start of the stream.
    taken: u64,
    given: u64,
}

/// The filter and what it has not yet filtered.
struct Filter {
    /// In double precision: in single its own rounding would stand at −120 dB.
    fft: Fft<f64>,
    /// Frames that do not fill a block yet, by channel.
    pending: Vec<Vec<f64>>,
    /// One block of output, by channel.
    block: Vec<Vec<f64>>,
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
        Ok(Self { rates: (input_rate, output_rate), channels, filter, taken: 0, given: 0 })
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

    /// Take a stretch of input; give what is ready, which may be nothing.
    ///
    /// # Errors
    ///
    /// `RM211`: another number of channels.
    pub fn process(&mut self, input: Planes<'_>) -> Result<Planar, KernelError> {
        if input.channels() != self.channels {
            let message = format!("expected {} channels, got {}", self.channels, input.channels());
            return Err(KernelError::parameter(message));
        }
        self.taken += input.frames() as u64;
        let output = match &mut self.filter {
            None => input.to_planar(),
            Some(filter) => filter.process(input)?,
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
            Some(filter) => filter.flush(rest),
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
        if steps * (step.0 + step.1) * channels > MAX_BLOCK {
            return Err(KernelError::parameter(format!(
                "expected rates with a greater common divisor for {channels} channels, got {input_rate} and {output_rate} Hz"
            )));
        }
        let fft = Fft::new_custom(
            input,
            output,
            steps * step.0,
            1,
            channels,
            WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|error| KernelError::parameter(format!("expected a usable pair of rates: {error}")))?;
        let (delay, frames) = (fft.output_delay(), fft.output_frames_max());
        Ok(Self { fft, pending: vec![Vec::new(); channels], block: vec![vec![0.0; frames]; channels], delay })
    }

    fn process(&mut self, input: Planes<'_>) -> Result<Planar, KernelError> {
        for (pending, plane) in self.pending.iter_mut().zip(input.iter()) {
            pending.extend(plane.iter().copied().map(f64::from));
        }
        let (size, ready) = (self.fft.input_frames_next(), self.pending[0].len());
        let mut output = vec![Vec::with_capacity(ready / size * self.block[0].len()); self.pending.len()];
        let mut offset = 0;
        while offset + size <= ready {
            self.filter_block(offset, size, &mut output)?;
            offset += size;
        }
        for pending in &mut self.pending {
            pending.drain(..offset);
        }
        Ok(Planar::from_planes(&output))
    }

    fn flush(&mut self, rest: usize) -> Result<Planar, KernelError> {
        let size = self.fft.input_frames_next();
        let mut output = vec![Vec::with_capacity(rest); self.pending.len()];
        while output[0].len() < rest {
            let valid = self.pending[0].len().min(size);
            self.filter_block(0, valid, &mut output)?;
            for pending in &mut self.pending {
                pending.drain(..valid);
            }
        }
        for plane in &mut output {
            plane.truncate(rest);
        }
        self.pending.iter_mut().for_each(Vec::clear);
        self.fft.reset();
        self.delay = self.fft.output_delay();
        Ok(Planar::from_planes(&output))
    }

    /// Filter the `valid` pending frames at `offset`, filled up with silence to a block.
    fn filter_block(&mut self, offset: usize, valid: usize, output: &mut [Vec<f32>]) -> Result<(), KernelError> {
        let fault = |error: String| KernelError::parameter(format!("expected whole blocks: {error}"));
        let (channels, frames) = (self.pending.len(), self.block[0].len());
        let source = SequentialSliceOfVecs::new(&self.pending, channels, self.pending[0].len())
            .map_err(|error| fault(error.to_string()))?;
        let mut target = SequentialSliceOfVecs::new_mut(&mut self.block, channels, frames)
            .map_err(|error| fault(error.to_string()))?;
        let indexing = Indexing::new().input_offset(offset).partial_len(valid);
        let (_, given) = self
            .fft
            .process_into_buffer(&source, &mut target, Some(&indexing))
            .map_err(|error| fault(error.to_string()))?;
        let skipped = self.delay.min(given);
        self.delay -= skipped;
        for (plane, block) in output.iter_mut().zip(&self.block) {
            #[allow(clippy::cast_possible_truncation, reason = "the nearest float32 is what a sample is")]
            plane.extend(block[skipped..given].iter().map(|it| *it as f32));
        }
        Ok(())
    }
}

fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
