//! Packets as the model's input.

use ort::value::DynValue;
use remotemedia_engine::NodeFailure;
use remotemedia_packet::{Audio, Dtype, Tensor};

use crate::config::Input;
use crate::value::{from_samples, to_value};

/// The model's input, and whether an axis for the batch was put before what the packet had.
pub(crate) struct Shaped {
    pub(crate) value: DynValue,
    pub(crate) batched: bool,
}

impl Input {
    /// A tensor as it is.
    pub(crate) fn of_tensor(&self, tensor: &Tensor) -> Result<Shaped, NodeFailure> {
        let shape: Vec<i64> = tensor.shape.iter().map(|it| i64::try_from(*it).unwrap_or(i64::MAX)).collect();
        self.check(tensor.dtype, &shape)?;
        Ok(Shaped { value: to_value(tensor)?, batched: false })
    }

    /// Sound as float32 of as many axes as the model wants: `(N,)`, `(1, N)` or `(1, 1, N)` for one channel,
    /// `(C, N)` or `(1, C, N)` for several. `left` is put before it: as many samples for each channel.
    pub(crate) fn of_audio(&self, audio: &Audio, left: &[f32]) -> Result<Shaped, NodeFailure> {
        let (channels, frames) = (usize::from(audio.channels), audio.frames());
        let samples = audio.as_f32_planar();
        let context = left.len() / channels;
        let mut joined = Vec::with_capacity(left.len() + samples.len());
        for channel in 0..channels {
            joined.extend_from_slice(&left[channel * context..(channel + 1) * context]);
            joined.extend_from_slice(&samples[channel * frames..(channel + 1) * frames]);
        }
        let length = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
        let (shape, batched) = match (self.shape.len(), channels) {
            (1, 1) => (vec![length(context + frames)], false),
            (2, _) => (vec![length(channels), length(context + frames)], channels == 1),
            (3, _) => (vec![1, length(channels), length(context + frames)], true),
            (rank, _) => {
                let message = format!(
                    "expected an input of rank 1 to 3 in `{}` for sound of {channels} channels, got rank {rank}",
                    self.name
                );
                return Err(NodeFailure::new("RM608", message));
            }
        };
        self.check(Dtype::F32, &shape)?;
        Ok(Shaped { value: from_samples(joined, shape)?, batched })
    }

    fn check(&self, dtype: Dtype, shape: &[i64]) -> Result<(), NodeFailure> {
        let fits =
            self.shape.len() == shape.len() && self.shape.iter().zip(shape).all(|(it, got)| *it < 0 || it == got);
        if dtype == self.dtype && fits {
            return Ok(());
        }
        let message = format!(
            "expected `{}` of shape {} in the model's input `{}`, got `{}` of shape {shape:?}",
            self.dtype.name(),
            axes(&self.shape),
            self.name,
            dtype.name()
        );
        Err(NodeFailure::new("RM608", message))
    }
}

/// A declared shape as people write it.
fn axes(shape: &[i64]) -> String {
    let axes: Vec<String> = shape.iter().map(|it| if *it < 0 { "?".to_owned() } else { it.to_string() }).collect();
    format!("[{}]", axes.join(", "))
}
