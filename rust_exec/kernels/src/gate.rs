//! A noise gate: what is quieter than a threshold becomes silence.

use crate::gain::factor_of_db;
use crate::planar::{Planar, Planes};
use crate::state::Saved;

/// Opens where the loudest channel reaches the threshold, stays open for a while, and closes.
///
/// All channels are opened and closed together, in straight lines from silence to full scale and back. What is streamed
/// gives the same samples however it is cut. A sample that is not a number opens nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    threshold: f64,
    /// What the gain grows and shrinks by from one frame to the next.
    attack: f64,
    release: f64,
    /// Frames that the gate stays open after the last one that reached the threshold.
    hold: u64,
    /// How many of them are left.
    left: u64,
    gain: f64,
}

/// How a gate opens and closes, in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateTimes {
    /// From closed to open.
    pub attack: f64,
    /// From open to closed.
    pub release: f64,
    /// From the last sample that reached the threshold to the beginning of the release.
    pub hold: f64,
}

impl Gate {
    /// A closed gate for sound of one rate, in Hz, with a threshold in dB of full scale.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and times are not negative"
    )]
    pub fn new(rate: u32, threshold_db: f64, times: GateTimes) -> Self {
        let frames = |ms: f64| (f64::from(rate) * ms / 1_000.0).round();
        let step = |ms: f64| 1.0 / frames(ms).max(1.0);
        Self {
            threshold: factor_of_db(threshold_db),
            attack: step(times.attack),
            release: step(times.release),
            hold: frames(times.hold) as u64,
            left: 0,
            gain: 0.0,
        }
    }

    /// Open at another threshold, in dB of full scale, from the next frame on.
    pub fn set_threshold(&mut self, db: f64) {
        self.threshold = factor_of_db(db);
    }

    /// The next frames of the stream.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "samples are of 32 bits")]
    pub fn process(&mut self, input: Planes<'_>) -> Planar {
        let (channels, frames) = (input.channels(), input.frames());
        let mut samples = input.samples().to_vec();
        for frame in 0..frames {
            let peak = (0..channels).map(|it| samples[it * frames + frame].abs()).fold(0.0_f32, f32::max);
            let gain = self.next_gain(f64::from(peak)) as f32;
            for channel in 0..channels {
                let sample = &mut samples[channel * frames + frame];
                *sample = if gain == 0.0 { 0.0 } else { *sample * gain };
            }
        }
        Planar::new(samples, channels)
    }

    fn next_gain(&mut self, peak: f64) -> f64 {
        let is_loud = peak >= self.threshold;
        let is_open = is_loud || self.left > 0;
        self.left = if is_loud { self.hold } else { self.left.saturating_sub(1) };
        self.gain = if is_open { (self.gain + self.attack).min(1.0) } else { (self.gain - self.release).max(0.0) };
        self.gain
    }
}

impl Saved for Gate {
    fn save(&self, into: &mut Vec<u8>) {
        [self.threshold, self.attack, self.release, self.gain].iter().for_each(|it| it.save(into));
        [self.hold, self.left].iter().for_each(|it| it.save(into));
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let mut float = || f64::load(from);
        let (threshold, attack, release, gain) = (float()?, float()?, float()?, float()?);
        Some(Self { threshold, attack, release, hold: u64::load(from)?, left: u64::load(from)?, gain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{loaded, saved};

    const TIMES: GateTimes = GateTimes { attack: 2.0, release: 4.0, hold: 3.0 };

    fn gated(gate: &mut Gate, samples: &[f32]) -> Vec<f32> {
        gate.process(Planes::new(samples, 1)).into_samples()
    }

    #[test]
    fn a_gate_opens_holds_and_closes() {
        // One frame is one millisecond; -20 dB are 0.1.
        let mut gate = Gate::new(1_000, -20.0, TIMES);
        assert_eq!(gated(&mut gate, &[0.0625, f32::NAN, 0.5, 0.5]), [0.0, 0.0, 0.25, 0.5]);
        assert_eq!(gated(&mut gate, &[0.0625; 8]), [0.0625, 0.0625, 0.0625, 0.046875, 0.03125, 0.015625, 0.0, 0.0]);
    }

    #[test]
    fn channels_are_opened_together() {
        let mut gate = Gate::new(1_000, -20.0, GateTimes { attack: 0.0, release: 0.0, hold: 0.0 });
        let made = gate.process(Planes::new(&[0.05, 0.05, 0.9, 0.01], 2)).into_samples();
        assert_eq!(made, [0.05, 0.0, 0.9, 0.0]);
    }

    #[test]
    fn a_stream_goes_on_however_it_is_cut_and_kept() {
        let samples: Vec<f32> = (0..200_u8).map(|it| f32::from(it % 37) / 60.0 - 0.3).collect();
        let whole = gated(&mut Gate::new(1_000, -12.0, TIMES), &samples);
        let mut gate = Gate::new(1_000, -12.0, TIMES);
        let mut pieces = gated(&mut gate, &samples[..77]);
        let mut again: Gate = loaded(&saved(&gate)).expect("a gate");
        pieces.extend(gated(&mut again, &samples[77..]));
        assert_eq!(pieces, whole);
    }
}
