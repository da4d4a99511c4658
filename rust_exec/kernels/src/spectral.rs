//! One block of a change of rate, by overlap-save: filter and new rate are one multiplication of spectra.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// How far the filter's stop band lies below its pass band, in dB.
const ATTENUATION: f64 = 145.0;

/// Filters blocks that are as long as its filter.
///
/// In single precision, whose rounding stands at −134 dB; double would take half as long again.
pub(crate) struct Spectral {
    /// Of the filter and of a block, in frames of the input and of the output.
    length: (usize, usize),
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// The filter's spectrum, as far as both rates reach, with the transforms' scale.
    response: Vec<Complex<f32>>,
    input: Vec<f32>,
    output: Vec<f32>,
    bins: (Vec<Complex<f32>>, Vec<Complex<f32>>),
    scratch: (Vec<Complex<f32>>, Vec<Complex<f32>>),
}

impl Spectral {
    /// A filter of this length, even at both rates: its centre stands on a frame of both.
    pub(crate) fn new(length: (usize, usize)) -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(2 * length.0), planner.plan_fft_inverse(2 * length.1));
        Self {
            length,
            response: response(length),
            input: forward.make_input_vec(),
            output: inverse.make_output_vec(),
            bins: (forward.make_output_vec(), inverse.make_input_vec()),
            scratch: (forward.make_scratch_vec(), inverse.make_scratch_vec()),
            forward,
            inverse,
        }
    }

    pub(crate) fn length(&self) -> (usize, usize) {
        self.length
    }

    /// Filter one block: `window`, two stretches that follow one another, is the block before and this one; `output` is as
    /// long as a block of the output.
    pub(crate) fn filter(&mut self, window: (&[f32], &[f32]), output: &mut [f32]) {
        let (first, second) = self.input.split_at_mut(window.0.len());
        first.copy_from_slice(window.0);
        second.copy_from_slice(window.1);
        let done = self.forward.process_with_scratch(&mut self.input, &mut self.bins.0, &mut self.scratch.0);
        debug_assert!(done.is_ok(), "the buffers are the transform's own");
        let (bins, shared) = (&mut self.bins, self.response.len());
        for ((to, from), factor) in bins.1.iter_mut().zip(&bins.0).zip(&self.response) {
            *to = from * factor;
        }
        bins.1[shared..].fill(Complex::default());
        // The lowest and the highest of a real signal are real; the highest lies in the stop band.
        bins.1[0].im = 0.0;
        let highest = bins.1.len() - 1;
        bins.1[highest] = Complex::default();
        let done = self.inverse.process_with_scratch(&mut self.bins.1, &mut self.output, &mut self.scratch.1);
        debug_assert!(done.is_ok(), "the buffers are the transform's own");
        // The first half was filtered together with the block's end.
        output.copy_from_slice(&self.output[self.length.1..]);
    }
}

/// The spectrum of a windowed sinc that ends where the lower of both rates does.
#[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
fn response((taken, given): (usize, usize)) -> Vec<Complex<f32>> {
    let lower = taken.min(given) as f64;
    // Kaiser's formula for the width of the transition, which is put below half of the lower rate.
    let width = (ATTENUATION - 7.95) / (2.285 * lower);
    let cutoff = (1.0 - width / (2.0 * PI)) * lower / taken as f64;
    let beta = 0.1102 * (ATTENUATION - 8.7);
    let middle = taken as f64 / 2.0;
    let forward = RealFftPlanner::<f64>::new().plan_fft_forward(2 * taken);
    let mut taps = forward.make_input_vec();
    for (frame, tap) in taps[..taken].iter_mut().enumerate() {
        let from_middle = frame as f64 - middle;
        let window = bessel(beta * (1.0 - (from_middle / middle).powi(2)).max(0.0).sqrt()) / bessel(beta);
        *tap = sinc(cutoff * from_middle) * window;
    }
    let scale = 1.0 / (taps.iter().sum::<f64>() * taps.len() as f64);
    let mut bins = forward.make_output_vec();
    let done = forward.process(&mut taps, &mut bins);
    debug_assert!(done.is_ok(), "the buffers are the transform's own");
    bins.truncate(taken.min(given) + 1);
    #[allow(clippy::cast_possible_truncation, reason = "the nearest float32 is what the block is multiplied with")]
    let single = |it: &Complex<f64>| Complex::new((it.re * scale) as f32, (it.im * scale) as f32);
    bins.iter().map(single).collect()
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// The modified Bessel function of the first kind and order 0, by its power series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term, mut order) = (1.0, 1.0, 1.0);
    while term > sum * f64::EPSILON {
        term *= (x / (2.0 * order)).powi(2);
        sum += term;
        order += 1.0;
    }
    sum
}
