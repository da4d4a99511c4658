//! One block of a change of rate, by overlap-save: filter and new rate are one multiplication of spectra.
//!
//! A real signal is transformed as a complex one of half its length, its even samples beside its odd ones. What separates
//! both spectra again is linear, as the filter is, so one multiplication does both, and only for the bins that the lower
//! rate has. (Sorensen et al., "Real-valued fast Fourier transform algorithms", IEEE Trans. ASSP 35, 1987.)

use std::f64::consts::{FRAC_PI_2, PI};
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// How far the filter's stop band lies below its pass band, in dB.
const ATTENUATION: f64 = 145.0;

/// Filters blocks that are as long as its filter.
///
/// A clone shares what is only read. In single precision, whose rounding stands at −134 dB; double would take half as long again.
#[derive(Clone)]
pub(crate) struct Spectral {
    /// Of the filter and of a block, in frames of the input and of the output.
    length: (usize, usize),
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
    /// From the packed input to the spectrum of the output, as far as both rates reach, with the transforms' scale.
    filter: Arc<Pairs>,
    /// From that spectrum to the packed output.
    pack: Arc<Pairs>,
    /// The input, packed, then its transform, whose first bin stands at the end again.
    input: Vec<Complex<f32>>,
    /// The spectrum of the output up to half its rate.
    bins: Vec<Complex<f32>>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Spectral {
    /// A filter of this length, even at both rates: its centre stands on a frame of both.
    pub(crate) fn new(length: (usize, usize)) -> Self {
        let mut planner = FftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(length.0), planner.plan_fft_inverse(length.1));
        let scratch = forward.get_inplace_scratch_len().max(inverse.get_inplace_scratch_len());
        let zeros = |length| vec![Complex::default(); length];
        Self {
            length,
            forward,
            inverse,
            filter: filter(length).into(),
            pack: pack(length.1).into(),
            input: zeros(length.0 + 1),
            bins: zeros(length.1 + 1),
            output: zeros(length.1),
            scratch: zeros(scratch),
        }
    }

    pub(crate) fn length(&self) -> (usize, usize) {
        self.length
    }

    /// Filter one block: `window` is the block before and this one, `block` as long as a block of the output.
    pub(crate) fn filter(&mut self, window: &[f32], block: &mut [f32]) {
        let (taken, given) = self.length;
        debug_assert_eq!((window.len(), block.len()), (2 * taken, given), "a window is two blocks");
        for (slot, pair) in self.input.iter_mut().zip(window.as_chunks().0) {
            let [even, odd] = *pair;
            *slot = Complex::new(even, odd);
        }
        self.forward.process_with_scratch(&mut self.input[..taken], &mut self.scratch);
        self.input[taken] = self.input[0];
        self.filter.combine(&self.input, &mut self.bins);
        self.pack.combine(&self.bins, &mut self.output);
        self.inverse.process_with_scratch(&mut self.output, &mut self.scratch);
        // The first half was filtered together with the block's end.
        for (pair, packed) in block.as_chunks_mut().0.iter_mut().zip(&self.output[given / 2..]) {
            *pair = [packed.re, packed.im];
        }
    }
}

/// What each bin and the conjugate of its mirror image are multiplied by, to be added.
struct Pairs {
    own: Vec<Complex<f32>>,
    mirrored: Vec<Complex<f32>>,
}

impl Pairs {
    #[allow(clippy::cast_possible_truncation, reason = "the nearest float32 is what bins are multiplied by")]
    fn of(pairs: impl Iterator<Item = [Complex<f64>; 2]>) -> Self {
        let single = |it: Complex<f64>| Complex::new(it.re as f32, it.im as f32);
        let (own, mirrored) = pairs.map(|[own, mirrored]| (single(own), single(mirrored))).unzip();
        Self { own, mirrored }
    }

    /// `to[k] = own[k] · from[k] + mirrored[k] · conj(from[last − k])`, as far as there are factors.
    fn combine(&self, from: &[Complex<f32>], to: &mut [Complex<f32>]) {
        // Slices of one length and an index are what the compiler makes vectors of.
        let bins = self.own.len();
        let (own, mirrored, to) = (&self.own[..bins], &self.mirrored[..bins], &mut to[..bins]);
        let (from, image) = (&from[..bins], &from[from.len() - bins..]);
        for bin in 0..bins {
            let (a, b, x, y) = (own[bin], mirrored[bin], from[bin], image[bins - 1 - bin]);
            to[bin] = Complex::new(
                a.re * x.re - a.im * x.im + b.re * y.re + b.im * y.im,
                a.re * x.im + a.im * x.re + b.im * y.re - b.re * y.im,
            );
        }
    }
}

/// Separates the spectra of even and odd samples, puts them together with the odd ones half a frame later, and filters.
#[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
fn filter((taken, given): (usize, usize)) -> Pairs {
    let mut response = response((taken, given));
    if given <= taken {
        // The highest bin of a real signal is real. It lies in the stop band.
        response[given] = Complex::default();
    }
    Pairs::of(response.iter().enumerate().map(|(bin, response)| {
        let turn = Complex::from_polar(1.0, FRAC_PI_2 - PI * bin as f64 / taken as f64);
        [response * (-turn + 1.0) / 2.0, response * (turn + 1.0) / 2.0]
    }))
}

/// The reverse of the separation, of all bins but the highest.
#[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
fn pack(given: usize) -> Pairs {
    Pairs::of((0..given).map(|bin| {
        let turn = Complex::from_polar(1.0, FRAC_PI_2 + PI * bin as f64 / given as f64);
        [turn + 1.0, -turn + 1.0]
    }))
}

/// The spectrum of a windowed sinc that ends where the lower of both rates does.
#[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
fn response((taken, given): (usize, usize)) -> Vec<Complex<f64>> {
    let lower = taken.min(given) as f64;
    // Kaiser's formula for the width of the transition, which is put below half of the lower rate.
    let width = (ATTENUATION - 7.95) / (2.285 * lower);
    let cutoff = (1.0 - width / (2.0 * PI)) * lower / taken as f64;
    let beta = 0.1102 * (ATTENUATION - 8.7);
    let (middle, highest) = (taken as f64 / 2.0, bessel(beta));
    let mut taps = vec![Complex::default(); 2 * taken];
    for (frame, tap) in taps[..taken].iter_mut().enumerate() {
        let from_middle = frame as f64 - middle;
        let window = bessel(beta * (1.0 - (from_middle / middle).powi(2)).max(0.0).sqrt()) / highest;
        tap.re = sinc(cutoff * from_middle) * window;
    }
    let scale = 1.0 / (taps.iter().map(|it| it.re).sum::<f64>() * taps.len() as f64);
    FftPlanner::new().plan_fft_forward(taps.len()).process(&mut taps);
    taps.truncate(taken.min(given) + 1);
    taps.iter_mut().for_each(|it| *it *= scale);
    taps
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
