//! Signal work on float32 planar buffers of shape `(channels, frames)`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use remotemedia_kernels::{Planar, Planes, Quality};

use crate::buffer::{Buffer, from_samples, samples_of};
use crate::failure::from_kernel;

/// Streaming, band-limited change of the sample rate.
#[pyclass(module = "remotemedia._native")]
pub(crate) struct Resampler(remotemedia_kernels::Resampler);

#[pymethods]
impl Resampler {
    #[new]
    fn new(rate_in: u32, rate_out: u32, channels: usize, quality: &str) -> PyResult<Self> {
        let quality = match quality {
            "low" => Quality::Low,
            "medium" => Quality::Medium,
            "high" => Quality::High,
            other => return Err(PyValueError::new_err(format!("expected low, medium or high, got {other}"))),
        };
        let kernel = remotemedia_kernels::Resampler::new(rate_in, rate_out, channels, quality);
        kernel.map(Self).map_err(|e| from_kernel(&e))
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

fn planes(samples: &[f32], channels: usize) -> PyResult<Planes<'_>> {
    if channels == 0 || !samples.len().is_multiple_of(channels) {
        return Err(PyValueError::new_err(format!("{} samples are not whole frames of {channels}", samples.len())));
    }
    Ok(Planes::new(samples, channels))
}

fn buffer(block: Planar) -> Buffer {
    from_samples(block.into_samples())
}
