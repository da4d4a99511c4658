//! Voice activity: stretches of equal length that are louder than a threshold, fixed or adapted to the noise around.
//!
//! Loudness is the root mean square of the mean of all channels, full scale 1. A sample that is not finite counts as silence.

use std::collections::VecDeque;

use crate::planar::Planes;
use crate::state::Saved;

/// Stretches whose loudness the threshold is adapted to: three seconds of 30 ms each.
const HISTORY: usize = 100;

/// Stretches before the threshold is adapted: fewer say little about the noise.
const FEWEST: usize = 10;

/// Which part of the stretches is taken for noise alone; speech pauses as often even when it is hurried.
const NOISE_SHARE: usize = 20;

/// How far above the noise a stretch stands that is speech.
const ABOVE_NOISE: f64 = 1.5;

/// How much of the fixed threshold remains beside the noise: what is quieter is silence however quiet the noise.
const REMAINDER: f64 = 0.3;

/// Samples of a stretch, at least one.
#[must_use]
pub fn stretch(rate: u32, milliseconds: u32) -> usize {
    let samples = u64::from(rate) * u64::from(milliseconds) / 1_000;
    usize::try_from(samples).unwrap_or(usize::MAX).max(1)
}

/// How many stretches of a sound are louder than a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Those that are.
    pub speech: usize,
    /// All of them.
    pub total: usize,
}

/// Compare every stretch of `size` samples with a fixed threshold.
///
/// What is left over at the end is not counted, unless it is all there is.
#[must_use]
pub fn activity(input: Planes<'_>, size: usize, threshold: f64) -> Activity {
    let mut found = Activity::default();
    let mut meter = Meter::new(size);
    let mut count = |loudness: f64| {
        found.speech += usize::from(loudness > threshold);
        found.total += 1;
    };
    meter.measure(input, &mut count);
    if input.frames() < size && input.frames() > 0 {
        count(meter.loudness());
    }
    found
}

/// What is heard in a piece of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Whether enough of its stretches are speech.
    pub is_speech: bool,
    /// Which part of its stretches is speech, 0 to 1.
    pub speech_ratio: f64,
    /// Mean loudness of its stretches.
    pub loudness: f64,
}

/// Finds speech in a stream, with a threshold adapted to the noise.
///
/// Stretches go across pieces, and each is compared with what came before it, so how a stream is cut changes only where
/// its verdicts fall. The threshold is `0.3 · fixed + 1.5 · noise`, the noise being the 5th percentile of the loudness of
/// the last 100 stretches; the fixed one alone until there are 10.
#[derive(Debug)]
pub struct Detector {
    meter: Meter,
    threshold: f64,
    share: f64,
    heard: VecDeque<f64>,
    verdict: Verdict,
}

impl Detector {
    /// A detector at the start of its stream: `size` samples are a stretch, a piece is speech if at least `share` of its
    /// stretches are louder than the threshold.
    #[must_use]
    pub fn new(size: usize, threshold: f64, share: f64) -> Self {
        let heard = VecDeque::with_capacity(HISTORY);
        Self { meter: Meter::new(size), threshold, share, heard, verdict: Verdict::default() }
    }

    /// Take a piece. One that completes no stretch is taken for what the piece before was.
    pub fn process(&mut self, input: Planes<'_>) -> Verdict {
        let (mut speech, mut total, mut sum) = (0_u32, 0_u32, 0.0);
        let Self { meter, heard, threshold, .. } = self;
        meter.measure(input, &mut |loudness| {
            speech += u32::from(loudness > adapted(heard, *threshold));
            total += 1;
            sum += loudness;
            if heard.len() == HISTORY {
                heard.pop_front();
            }
            heard.push_back(loudness);
        });
        if total > 0 {
            let speech_ratio = f64::from(speech) / f64::from(total);
            let is_speech = speech_ratio >= self.share;
            self.verdict = Verdict { is_speech, speech_ratio, loudness: sum / f64::from(total) };
        }
        self.verdict
    }
}

fn adapted(heard: &VecDeque<f64>, threshold: f64) -> f64 {
    if heard.len() < FEWEST {
        return threshold;
    }
    let mut sorted: Vec<f64> = heard.iter().copied().collect();
    let (_, noise, _) = sorted.select_nth_unstable_by(heard.len() / NOISE_SHARE, f64::total_cmp);
    REMAINDER * threshold + ABOVE_NOISE * *noise
}

/// Squares are summed in so many sums beside one another: one alone would wait for itself at every sample.
const LANES: usize = 8;

/// Samples whose mean over all channels is taken at a time.
const BLOCK: usize = 256;

/// Measures the loudness of stretches that may go across pieces.
#[derive(Debug)]
struct Meter {
    size: usize,
    /// Samples of the stretch so far.
    taken: usize,
    /// The sums of their squares: sample `i` of the stretch is in the sum `i mod LANES`.
    squares: [f64; LANES],
}

impl Meter {
    fn new(size: usize) -> Self {
        Self { size: size.max(1), taken: 0, squares: [0.0; LANES] }
    }

    fn measure(&mut self, input: Planes<'_>, heard: &mut dyn FnMut(f64)) {
        let mut block = [0.0; BLOCK];
        for start in (0..input.frames()).step_by(BLOCK) {
            let means = &mut block[..BLOCK.min(input.frames() - start)];
            mean(input, start, means);
            let mut rest = &*means;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(self.size - self.taken));
                self.add(now);
                if self.taken == self.size {
                    heard(self.loudness());
                    (self.taken, self.squares) = (0, [0.0; LANES]);
                }
                rest = later;
            }
        }
    }

    fn add(&mut self, samples: &[f64]) {
        let (before, whole) = samples.split_at(samples.len().min(self.taken.next_multiple_of(LANES) - self.taken));
        let (whole, behind) = whole.as_chunks::<LANES>();
        let first = self.taken % LANES;
        self.squares[first..].iter_mut().zip(before).for_each(|(sum, it)| *sum += it * it);
        let mut squares = self.squares;
        for eight in whole {
            squares.iter_mut().zip(eight).for_each(|(sum, it)| *sum += it * it);
        }
        squares.iter_mut().zip(behind).for_each(|(sum, it)| *sum += it * it);
        self.squares = squares;
        self.taken += samples.len();
    }

    /// Loudness of the stretch so far.
    fn loudness(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^53 samples")]
        let taken = self.taken.max(1) as f64;
        (self.squares.iter().sum::<f64>() / taken).sqrt()
    }
}

/// The mean of all channels from a frame on; silence where it is not finite.
fn mean(input: Planes<'_>, start: usize, means: &mut [f64]) {
    #[allow(clippy::cast_precision_loss, reason = "at most 64 channels")]
    let gain = 1.0 / input.channels().max(1) as f64;
    means.fill(0.0);
    for plane in input.iter() {
        means.iter_mut().zip(&plane[start..]).for_each(|(mean, it)| *mean += f64::from(*it));
    }
    means.iter_mut().for_each(|it| *it = if it.is_finite() { *it * gain } else { 0.0 });
}

impl Saved for Detector {
    fn save(&self, into: &mut Vec<u8>) {
        self.meter.save(into);
        self.threshold.save(into);
        self.share.save(into);
        self.heard.save(into);
        self.verdict.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let (meter, threshold, share) = (Meter::load(from)?, f64::load(from)?, f64::load(from)?);
        let heard = VecDeque::load(from).filter(|it| it.len() <= HISTORY)?;
        Some(Self { meter, threshold, share, heard, verdict: Verdict::load(from)? })
    }
}

impl Saved for Verdict {
    fn save(&self, into: &mut Vec<u8>) {
        self.is_speech.save(into);
        self.speech_ratio.save(into);
        self.loudness.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Self { is_speech: bool::load(from)?, speech_ratio: f64::load(from)?, loudness: f64::load(from)? })
    }
}

impl Saved for Meter {
    fn save(&self, into: &mut Vec<u8>) {
        self.size.save(into);
        self.taken.save(into);
        self.squares.iter().for_each(|it| it.save(into));
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let mut it = Self { size: usize::load(from)?, taken: usize::load(from)?, squares: [0.0; LANES] };
        for sum in &mut it.squares {
            *sum = f64::load(from)?;
        }
        (it.taken < it.size).then_some(it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_whole_samples_and_never_none() {
        assert_eq!([stretch(16_000, 30), stretch(44_100, 25), stretch(1_000, 0)], [480, 1_102, 1]);
    }

    #[test]
    fn loud_stretches_are_counted_and_the_rest_is_not() {
        let sound = [0.5, -0.5, 0.0, 0.0, 0.5, 0.5, 0.9];
        assert_eq!(activity(Planes::new(&sound, 1), 2, 0.4), Activity { speech: 2, total: 3 });
        assert_eq!(activity(Planes::new(&sound, 1), 7, 0.4), Activity { speech: 1, total: 1 });
        assert_eq!(activity(Planes::new(&[], 1), 7, 0.4), Activity::default());
    }

    #[test]
    fn less_than_a_stretch_is_one_if_it_is_all_there_is() {
        assert_eq!(activity(Planes::new(&[0.5], 1), 480, 0.4), Activity { speech: 1, total: 1 });
    }

    #[test]
    fn channels_that_cancel_are_silent_and_what_is_not_finite_too() {
        assert_eq!(activity(Planes::new(&[0.5, 0.5, -0.5, -0.5], 2), 2, 0.1), Activity { speech: 0, total: 1 });
        assert_eq!(activity(Planes::new(&[f32::NAN, f32::INFINITY], 1), 2, 0.1), Activity { speech: 0, total: 1 });
    }

    #[test]
    fn the_threshold_rises_with_the_noise() {
        let (noise, speech) = ([0.1; 1_000], [0.3; 100]);
        let mut detector = Detector::new(10, 0.05, 0.5);
        assert!(detector.process(Planes::new(&noise[..100], 1)).is_speech, "as loud as the fixed threshold wants");
        assert!(!detector.process(Planes::new(&noise, 1)).is_speech, "as loud as ever");
        assert!(detector.process(Planes::new(&speech, 1)).is_speech, "louder than ever");
        assert!(!detector.process(Planes::new(&noise, 1)).is_speech);
    }

    #[test]
    fn how_a_stream_is_cut_does_not_change_its_loudness() {
        let sound: Vec<f32> = (0_u16..1_000).map(|it| (f32::from(it) * 0.37).sin()).collect();
        let heard = |pieces: &[usize]| {
            let (mut meter, mut all, mut rest) = (Meter::new(37), Vec::new(), &sound[..]);
            for size in pieces.iter().cycle() {
                let (piece, next) = rest.split_at(rest.len().min(*size));
                meter.measure(Planes::new(piece, 1), &mut |it| all.push(it));
                rest = next;
                if rest.is_empty() {
                    return all;
                }
            }
            all
        };
        let whole = heard(&[1_000]);
        assert_eq!(whole.len(), 27);
        assert!([&[1][..], &[5, 3], &[300, 11]].into_iter().all(|it| heard(it) == whole));
    }

    #[test]
    fn a_piece_without_a_whole_stretch_is_what_the_piece_before_was() {
        let mut detector = Detector::new(10, 0.05, 0.5);
        assert_eq!(detector.process(Planes::new(&[0.5; 9], 1)), Verdict::default());
        let loud = detector.process(Planes::new(&[0.5; 1], 1));
        assert_eq!(loud, Verdict { is_speech: true, speech_ratio: 1.0, loudness: 0.5 });
        assert_eq!(detector.process(Planes::new(&[0.0; 9], 1)), loud);
        assert!(!detector.process(Planes::new(&[0.0; 1], 1)).is_speech);
    }
}
