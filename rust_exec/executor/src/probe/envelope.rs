//! Sound as a drawing needs it: the least and the greatest sample of each moment.

use remotemedia_packet::Audio;
use serde::Serialize;
use serde_json::{Value, json};

/// Most moments that are kept; then each two become one, twice as long.
const MAX_BINS: usize = 2_000;
/// How long a moment is at first, in nanoseconds.
const FIRST_BIN_NS: u64 = 1_000_000;
/// Samples that are compared at once, which lets the compiler use wide registers.
const LANES: usize = 16;

/// The outline of one stretch of sound of any length, in bounded memory.
#[derive(Debug)]
pub(super) struct Envelope {
    rate: u32,
    channels: u16,
    bin_ns: u64,
    /// Least and greatest sample; the former above the latter where there was no sound.
    bins: Vec<(f32, f32)>,
    /// Where the last packet ended.
    end_ns: u64,
}

const SILENT: (f32, f32) = (f32::INFINITY, f32::NEG_INFINITY);

impl Envelope {
    pub(super) fn new(audio: &Audio) -> Self {
        let (rate, channels) = (audio.rate, audio.channels);
        Self { rate, channels, bin_ns: FIRST_BIN_NS, bins: Vec::new(), end_ns: 0 }
    }

    /// Add one packet; without a time it begins where the last one ended.
    pub(super) fn add(&mut self, pts_ns: Option<i64>, audio: &Audio) {
        let frames = audio.frames();
        if frames == 0 || audio.rate == 0 {
            return;
        }
        let start = pts_ns.and_then(|it| u64::try_from(it).ok()).unwrap_or(self.end_ns);
        let at = |frame: usize| start.saturating_add(frame as u64 * 1_000_000_000 / u64::from(audio.rate));
        self.end_ns = at(frames);
        let samples = audio.as_f32_planar();
        self.reach(at(frames - 1));
        let mut from = 0;
        while from < frames {
            let bin = at(from) / self.bin_ns;
            let until = frame_at((bin + 1).saturating_mul(self.bin_ns) - start, audio.rate).clamp(from + 1, frames);
            for channel in samples.chunks_exact(frames) {
                self.note(bin, extremes(&channel[from..until]));
            }
            from = until;
        }
    }

    /// Make the moments so long that the last of them is this one.
    fn reach(&mut self, time_ns: u64) {
        while time_ns / self.bin_ns >= MAX_BINS as u64 {
            self.bins = self.bins.chunks(2).map(|pair| pair.iter().copied().fold(SILENT, wider)).collect();
            self.bin_ns *= 2;
        }
    }

    fn note(&mut self, bin: u64, seen: (f32, f32)) {
        // `reach` was asked for a later moment.
        let Ok(bin) = usize::try_from(bin) else { return };
        if self.bins.len() <= bin {
            self.bins.resize(bin + 1, SILENT);
        }
        self.bins[bin] = wider(self.bins[bin], seen);
    }

    /// In thousandths of full scale; `null` where there was no sound.
    pub(super) fn told(&self) -> Value {
        let of = |side: fn(&(f32, f32)) -> f32| -> Vec<Option<i32>> {
            self.bins.iter().map(|bin| (bin.0 <= bin.1).then(|| thousandths(side(bin)))).collect()
        };
        #[allow(clippy::cast_precision_loss, reason = "a drawing needs no more")]
        let bin_s = self.bin_ns as f64 / 1e9;
        json!(Told { rate: self.rate, channels: self.channels, bin_s, low: of(|it| it.0), high: of(|it| it.1) })
    }
}

#[derive(Serialize)]
struct Told {
    rate: u32,
    channels: u16,
    bin_s: f64,
    low: Vec<Option<i32>>,
    high: Vec<Option<i32>>,
}

/// The first frame that begins no sooner than this.
fn frame_at(ns: u64, rate: u32) -> usize {
    let frame = (u128::from(ns) * u128::from(rate)).div_ceil(1_000_000_000);
    usize::try_from(frame).unwrap_or(usize::MAX)
}

fn wider(one: (f32, f32), other: (f32, f32)) -> (f32, f32) {
    (one.0.min(other.0), one.1.max(other.1))
}

/// The least and the greatest sample; what is not a number is passed over.
fn extremes(samples: &[f32]) -> (f32, f32) {
    let (mut low, mut high) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
    let chunks = samples.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            let sample = chunk[lane];
            low[lane] = if sample < low[lane] { sample } else { low[lane] };
            high[lane] = if sample > high[lane] { sample } else { high[lane] };
        }
    }
    let lanes = low.into_iter().zip(high).fold(SILENT, wider);
    rest.iter().filter(|it| !it.is_nan()).fold(lanes, |seen, &it| wider(seen, (it, it)))
}

#[allow(clippy::cast_possible_truncation, reason = "clamped")]
fn thousandths(sample: f32) -> i32 {
    (sample.clamp(-1.0, 1.0) * 1_000.0).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(parts: &[(Option<i64>, Vec<f32>)]) -> Value {
        let sound = |it: &Vec<f32>| Audio::from_planar_f32(it.clone(), 1_000, 1);
        let mut envelope = Envelope::new(&sound(&Vec::new()));
        parts.iter().for_each(|(pts, samples)| envelope.add(*pts, &sound(samples)));
        envelope.told()
    }

    #[test]
    fn a_sample_a_moment_is_that_sample() {
        let told = told(&[(Some(0), vec![0.5, -0.25, f32::NAN]), (None, vec![2.0])]);
        assert_eq!((&told["low"], &told["high"]), (&json!([500, -250, null, 1000]), &json!([500, -250, null, 1000])));
        assert_eq!(told["bin_s"], 0.001);
    }

    #[test]
    fn more_sound_makes_longer_moments() {
        let ramp: Vec<f32> = (0..5_000).map(|it: u16| f32::from(it) / 5_000.0).collect();
        let told = told(&[(None, ramp)]);
        assert_eq!((told["bin_s"].clone(), told["low"].as_array().map(Vec::len)), (json!(0.004), Some(1_250)));
        assert_eq!((&told["low"][1], &told["high"][1]), (&json!(1), &json!(1)));
        assert_eq!((&told["low"][1_249], &told["high"][1_249]), (&json!(999), &json!(1000)));
    }

    #[test]
    fn gaps_stay_and_far_times_do_no_harm() {
        let gap = told(&[(Some(0), vec![0.1]), (Some(3_000_000), vec![0.2])]);
        assert_eq!(gap["high"], json!([100, null, null, 200]));
        let far = told(&[(Some(0), vec![0.1; 40]), (Some(i64::MAX), vec![0.2]), (Some(-5), vec![0.3])]);
        assert!(far["high"].as_array().is_some_and(|it| it.len() <= MAX_BINS));
    }
}
