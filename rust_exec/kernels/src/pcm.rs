//! Samples as most wav files hold them: interleaved, of 16-bit integers or float32.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_F32LE, CODEC_ID_PCM_S16LE};

use crate::convert::f32_from_i16;
use crate::planar::Planar;

/// Reads samples that need no codec, at once from their bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pcm {
    pub(crate) rate: u32,
    pub(crate) channels: usize,
    is_float: bool,
}

impl Pcm {
    /// `None` for samples of any other kind.
    pub(crate) fn of(params: &AudioCodecParameters) -> Option<Self> {
        let is_float = params.codec == CODEC_ID_PCM_F32LE;
        let is_known = is_float || params.codec == CODEC_ID_PCM_S16LE;
        let bits = if is_float { 32 } else { 16 };
        // Fewer bits that are used stand elsewhere in the sample.
        let is_whole = params.bits_per_coded_sample.or(params.bits_per_sample).is_none_or(|it| it == bits);
        let channels = params.channels.as_ref().map_or(0, Channels::count);
        (is_known && is_whole && channels > 0).then_some(Self { rate: params.sample_rate?, channels, is_float })
    }

    /// The whole frames of these bytes.
    pub(crate) fn planar(self, bytes: &[u8]) -> Planar {
        if self.is_float {
            self.read(bytes, f32::from_le_bytes)
        } else {
            self.read(bytes, |it| f32_from_i16(i16::from_le_bytes(it)))
        }
    }

    fn read<const SIZE: usize>(self, bytes: &[u8], sample: impl Fn([u8; SIZE]) -> f32) -> Planar {
        let (interleaved, _) = bytes.as_chunks::<SIZE>();
        let whole = &interleaved[..interleaved.len() - interleaved.len() % self.channels];
        let mut samples = Vec::with_capacity(whole.len());
        // Only where the number of channels is known to the compiler, it makes vectors of the loop.
        match self.channels {
            1 => samples.extend(whole.iter().map(|it| sample(*it))),
            2 => {
                let (pairs, _) = whole.as_chunks::<2>();
                samples.extend(pairs.iter().map(|[left, _]| sample(*left)));
                samples.extend(pairs.iter().map(|[_, right]| sample(*right)));
            }
            channels => {
                let plane = |channel| whole.chunks_exact(channels).map(move |frame| frame[channel]);
                samples.extend((0..channels).flat_map(plane).map(sample));
            }
        }
        Planar::new(samples, self.channels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_become_planes_and_what_is_no_whole_frame_is_left_out() {
        let bytes = [0_i16, 16_384, -32_768, 8_192, 1].map(i16::to_le_bytes).concat();
        let pcm = Pcm { rate: 8_000, channels: 2, is_float: false };
        assert_eq!(pcm.planar(&bytes).into_samples(), [0.0, -1.0, 0.5, 0.25]);
        let three = Pcm { channels: 3, ..pcm };
        assert_eq!(three.planar(&bytes).into_samples(), [0.0, 0.5, -1.0]);
        let pcm = Pcm { channels: 1, is_float: true, ..pcm };
        assert_eq!(pcm.planar(&1.5_f32.to_le_bytes()).into_samples(), [1.5]);
    }
}
