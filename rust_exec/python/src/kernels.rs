//! Signal work on planar buffers of shape `(channels, frames)`: of float32, or of bytes where samples are of any type.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use remotemedia_kernels::{GateTimes, Planar, Planes, Quality, SampleType, activity, stretch};

use crate::buffer::{Buffer, bytes_of, from_samples, samples_of};
use crate::failure::from_kernel;

/// Streaming, band-limited change of the sample rate.
#[pyclass(module = "remotemedia._native")]
pub(crate) struct Resampler(remotemedia_kernels::Resampler);

#[pymethods]
impl Resampler {
    #[new]
    fn new(rate_in: u32, rate_out: u32, channels: usize, quality: &str) -> PyResult<Self> {
        resampler(rate_in, rate_out, channels, quality).map(Self)
    }

    /// The frames that these frames make possible.
    fn process(&mut self, samples: &Bound<'_, PyAny>) -> PyResult<Buffer> {
        let samples = samples_of(samples)?;
        let block = planes(&samples, self.0.channels())?;
        self.0.process(block).map(buffer).map_err(|e| from_kernel(&e))
    }

    /// The frames that are left.
    fn flush(&mut self) -> PyResult<Buffer> {
        self.0.flush().map(buffer).map_err(|e| from_kernel(&e))
    }
}

fn resampler(rate_in: u32, rate_out: u32, channels: usize, quality: &str) -> PyResult<remotemedia_kernels::Resampler> {
    let quality = match quality {
        "low" => Quality::Low,
        "medium" => Quality::Medium,
        "high" => Quality::High,
        other => return Err(PyValueError::new_err(format!("expected low, medium or high, got {other}"))),
    };
    remotemedia_kernels::Resampler::new(rate_in, rate_out, channels, quality).map_err(|e| from_kernel(&e))
}

/// A whole sound at another rate.
#[pyfunction]
pub(crate) fn resample(
    samples: &Bound<'_, PyAny>,
    channels: usize,
    rate_in: u32,
    rate_out: u32,
    quality: &str,
) -> PyResult<Buffer> {
    let samples = samples_of(samples)?;
    let mut kernel = resampler(rate_in, rate_out, channels, quality)?;
    let head = kernel.process(planes(&samples, channels)?).map_err(|e| from_kernel(&e))?;
    let tail = kernel.flush().map_err(|e| from_kernel(&e))?;
    Ok(buffer(head.then(tail)))
}

/// Cuts a stream into windows of equal length.
#[pyclass(module = "remotemedia._native")]
pub(crate) struct Windower(remotemedia_kernels::Windower);

#[pymethods]
impl Windower {
    #[new]
    fn new(size: usize, hop: usize, pad: bool, channels: usize) -> PyResult<Self> {
        if size == 0 || hop == 0 || channels == 0 {
            return Err(PyValueError::new_err("size, hop and channels are at least 1"));
        }
        Ok(Self(remotemedia_kernels::Windower::new(size, hop, pad, channels)))
    }

    /// The windows that these frames complete.
    fn process(&mut self, samples: &Bound<'_, PyAny>) -> PyResult<Vec<Buffer>> {
        let samples = samples_of(samples)?;
        self.0.push(planes(&samples, self.0.channels())?);
        Ok(std::iter::from_fn(|| self.0.next_window()).map(buffer).collect())
    }

    /// The last window, if one is due.
    fn flush(&mut self) -> Vec<Buffer> {
        self.0.flush().map(buffer).into_iter().collect()
    }
}

/// Another number of channels: fewer by averaging, more by copying.
#[pyfunction]
pub(crate) fn mix(samples: &Bound<'_, PyAny>, channels_in: usize, channels_out: usize) -> PyResult<Buffer> {
    if channels_out == 0 {
        return Err(PyValueError::new_err("channels are at least 1"));
    }
    let samples = samples_of(samples)?;
    Ok(buffer(remotemedia_kernels::mix(planes(&samples, channels_in)?, channels_out)))
}

/// The sound so much louder, in dB; not clipped.
#[pyfunction]
pub(crate) fn gain(samples: &Bound<'_, PyAny>, db: f64) -> PyResult<Buffer> {
    let samples = samples_of(samples)?;
    Ok(buffer(remotemedia_kernels::gain(planes(&samples, 1)?, db)))
}

/// Makes silence of what is quieter than a threshold; times are in ms.
#[pyclass(module = "remotemedia._native")]
pub(crate) struct Gate(remotemedia_kernels::Gate);

#[pymethods]
impl Gate {
    #[new]
    fn new(rate: u32, threshold_db: f64, attack: f64, release: f64, hold: f64) -> Self {
        Self(remotemedia_kernels::Gate::new(rate, threshold_db, GateTimes { attack, release, hold }))
    }

    /// The next frames of the stream.
    fn process(&mut self, samples: &Bound<'_, PyAny>, channels: usize) -> PyResult<Buffer> {
        let samples = samples_of(samples)?;
        Ok(buffer(self.0.process(planes(&samples, channels)?)))
    }
}

/// Cuts a stream of samples of any type into chunks of equal length, of which the last may be shorter.
#[pyclass(module = "remotemedia._native")]
pub(crate) struct Chunker(remotemedia_kernels::Chunker);

#[pymethods]
impl Chunker {
    #[new]
    fn new(frames: usize, channels: usize, sample: usize) -> PyResult<Self> {
        if frames == 0 || channels == 0 || sample == 0 {
            return Err(PyValueError::new_err("frames, channels and bytes of a sample are at least 1"));
        }
        Ok(Self(remotemedia_kernels::Chunker::new(frames, channels, sample)))
    }

    /// The chunks that these bytes complete.
    fn process(&mut self, planar: &Bound<'_, PyAny>) -> PyResult<Vec<Buffer>> {
        let planar = bytes_of(planar)?;
        if !planar.len().is_multiple_of(self.0.channels()) {
            return Err(PyValueError::new_err("planes are of equal length"));
        }
        self.0.push(&planar);
        Ok(std::iter::from_fn(|| self.0.next_chunk()).map(|it| Buffer(it.into())).collect())
    }

    /// What is left, if anything is.
    fn flush(&mut self) -> Vec<Buffer> {
        self.0.flush().map(|it| Buffer(it.into())).into_iter().collect()
    }
}

/// Finds speech in a stream, with a threshold adapted to the noise.
#[pyclass(module = "remotemedia._native")]
pub(crate) struct VoiceDetector(remotemedia_kernels::Detector);

#[pymethods]
impl VoiceDetector {
    #[new]
    fn new(rate: u32, milliseconds: u32, threshold: f64, share: f64) -> PyResult<Self> {
        Ok(Self(remotemedia_kernels::Detector::new(stretch_of(rate, milliseconds)?, threshold, share)))
    }

    /// Whether the samples are speech, which part of their stretches is, and the mean loudness of these.
    fn process(&mut self, samples: &Bound<'_, PyAny>, channels: usize) -> PyResult<(bool, f64, f64)> {
        let samples = samples_of(samples)?;
        let verdict = self.0.process(planes(&samples, channels)?);
        Ok((verdict.is_speech, verdict.speech_ratio, verdict.loudness))
    }
}

/// How many stretches are louder than a threshold, and how many there are.
#[pyfunction]
pub(crate) fn voice_activity(
    samples: &Bound<'_, PyAny>,
    channels: usize,
    rate: u32,
    milliseconds: u32,
    threshold: f64,
) -> PyResult<(usize, usize)> {
    let samples = samples_of(samples)?;
    let found = activity(planes(&samples, channels)?, stretch_of(rate, milliseconds)?, threshold);
    Ok((found.speech, found.total))
}

/// Samples of one type, as bytes, as those of another: `f32`, `i16` or `i32`.
#[pyfunction]
#[pyo3(signature = (samples, from, to, /))]
pub(crate) fn convert(samples: &Bound<'_, PyAny>, from: &str, to: &str) -> PyResult<Buffer> {
    let of = |name: &str| {
        SampleType::named(name).ok_or_else(|| PyValueError::new_err(format!("expected f32, i16 or i32, got {name}")))
    };
    let (from, to) = (of(from)?, of(to)?);
    Ok(Buffer(remotemedia_kernels::convert(&bytes_of(samples)?, from, to).into()))
}

fn stretch_of(rate: u32, milliseconds: u32) -> PyResult<usize> {
    if milliseconds == 0 {
        return Err(PyValueError::new_err("a stretch lasts at least 1 ms"));
    }
    Ok(stretch(rate, milliseconds))
}

fn planes(samples: &[f32], channels: usize) -> PyResult<Planes<'_>> {
    if channels == 0 || !samples.len().is_multiple_of(channels) {
        return Err(PyValueError::new_err(format!("{} samples are not whole frames of {channels}", samples.len())));
    }
    Ok(Planes::new(samples, channels))
}

fn buffer(block: Planar) -> Buffer {
    from_samples(block.into_samples())
}
