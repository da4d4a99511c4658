//! Sound as samples: access for kernels, and making it from what they give.

use std::borrow::Cow;

use crate::body::{Audio, Layout, SampleFormat};
use crate::memory::{bytes_of, elements};
use bytemuck::Pod;

impl SampleFormat {
    /// Bytes of one sample.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::I16 => 2,
            Self::F32 | Self::I32 => 4,
        }
    }

    /// The name in a packet's head.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::I16 => "i16",
            Self::I32 => "i32",
        }
    }
}

impl Audio {
    /// Planar float sound; the samples are kept, not copied.
    ///
    /// `samples` are all of the first channel, then all of the second …; if their number is no multiple of `channels`,
    /// the rest is cut off.
    #[must_use]
    pub fn from_planar_f32(mut samples: Vec<f32>, rate: u32, channels: u16) -> Self {
        samples.truncate(samples.len() - samples.len() % usize::from(channels.max(1)));
        Self { format: SampleFormat::F32, rate, channels, layout: Layout::Planar, data: bytes_of(samples) }
    }

    /// Samples per channel.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.data.len().checked_div(self.format.size() * usize::from(self.channels)).unwrap_or(0)
    }

    /// All samples as planar floats, full scale ±1: channel `c` is `[c * frames .. (c + 1) * frames]`.
    ///
    /// Borrowed where that is how they lie in memory; otherwise converted.
    #[must_use]
    pub fn as_f32_planar(&self) -> Cow<'_, [f32]> {
        match self.format {
            SampleFormat::F32 => self.planar(|sample: f32| sample),
            SampleFormat::I16 => Cow::Owned(self.converted(|sample: i16| f32::from(sample) / 32_768.0)),
            #[allow(clippy::cast_precision_loss, reason = "32 bits do not fit a float; the nearest one is meant")]
            SampleFormat::I32 => Cow::Owned(self.converted(|sample: i32| sample as f32 / 2_147_483_648.0)),
        }
    }

    /// The same sound with its channels one after the other, in the same format; without a copy if it is so already.
    #[must_use]
    pub fn into_planar(self) -> Self {
        if self.layout == Layout::Planar || self.channels < 2 {
            return Self { layout: Layout::Planar, ..self };
        }
        let data = match self.format {
            SampleFormat::F32 => bytes_of(self.converted(|sample: f32| sample)),
            SampleFormat::I16 => bytes_of(self.converted(|sample: i16| sample)),
            SampleFormat::I32 => bytes_of(self.converted(|sample: i32| sample)),
        };
        Self { layout: Layout::Planar, data, ..self }
    }

    fn planar<T: Pod>(&self, same: impl Fn(T) -> T) -> Cow<'_, [T]> {
        if self.layout == Layout::Planar || self.channels < 2 {
            elements(&self.data)
        } else {
            Cow::Owned(self.converted(same))
        }
    }

    /// All samples, planar, each converted.
    fn converted<T: Pod, U>(&self, convert: impl Fn(T) -> U) -> Vec<U> {
        let samples = elements::<T>(&self.data);
        let channels = usize::from(self.channels);
        match self.layout {
            Layout::Planar => samples.iter().map(|&sample| convert(sample)).collect(),
            Layout::Interleaved => (0..channels)
                .flat_map(|channel| samples.iter().skip(channel).step_by(channels))
                .map(|&sample| convert(sample))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn audio(format: SampleFormat, channels: u16, layout: Layout, data: Bytes) -> Audio {
        Audio { format, rate: 16_000, channels, layout, data }
    }

    #[test]
    fn planar_floats_are_borrowed() {
        let samples = vec![0.5_f32, -0.5, 0.25, -0.25];
        let address = samples.as_ptr();
        let audio = Audio::from_planar_f32(samples, 8000, 2);
        assert_eq!((audio.frames(), audio.data.len()), (2, 16));
        let Cow::Borrowed(read) = audio.as_f32_planar() else { panic!("copied") };
        assert_eq!((read.as_ptr(), read), (address, &[0.5, -0.5, 0.25, -0.25][..]));
    }

    #[test]
    fn misaligned_floats_are_copied() {
        let bytes = Bytes::from([&[0_u8][..], &1.5_f32.to_le_bytes(), &(-2.5_f32).to_le_bytes()].concat());
        let audio = audio(SampleFormat::F32, 1, Layout::Planar, bytes.slice(1..));
        assert_eq!(&*audio.as_f32_planar(), [1.5, -2.5]);
    }

    #[test]
    fn interleaved_integers_become_planar_floats() {
        let data = bytes_of(vec![-32_768_i16, 16_384, 0, 8_192]);
        let stereo = audio(SampleFormat::I16, 2, Layout::Interleaved, data);
        assert_eq!(&*stereo.as_f32_planar(), [-1.0, 0.0, 0.5, 0.25]);
        let planar = stereo.into_planar();
        assert_eq!(planar.layout, Layout::Planar);
        assert_eq!(&*elements::<i16>(&planar.data), [-32_768, 0, 16_384, 8_192]);
        let wide = audio(SampleFormat::I32, 1, Layout::Interleaved, bytes_of(vec![i32::MIN, 1 << 30]));
        assert_eq!(&*wide.as_f32_planar(), [-1.0, 0.5]);
    }

    #[test]
    fn no_channels_is_no_frames() {
        assert_eq!(audio(SampleFormat::F32, 0, Layout::Planar, Bytes::new()).frames(), 0);
    }
}
