//! Samples of one type as those of another, without dither.
//!
//! Full scale of an integer type is its negative extreme, so `i16` → `f32` → `i16` and `i16` → `i32` → `i16` are exact; of
//! `i32` a float keeps the 24 leading bits. What does not fit is rounded to the nearest, halves away from zero, and clipped.

use bytemuck::Pod;

use crate::room::with_room;

/// Full scale of 16 bits: −32 768 is −1.
const SCALE_16: f32 = 32_768.0;

/// Of a float of this size, the lowest bit counts ones, and the lowest 16 bits are 0: in a sum they are the other summand,
/// rounded.
const WHOLE: f32 = 12_582_912.0;

/// Full scale of 32 bits: −2 147 483 648 is −1.
const SCALE_32: f64 = 2_147_483_648.0;

/// A 16-bit sample as float.
#[must_use]
pub fn f32_from_i16(sample: i16) -> f32 {
    f32::from(sample) / SCALE_16
}

/// A 32-bit sample as float, rounded to the nearest.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "rounding to float32 is what is asked for")]
pub fn f32_from_i32(sample: i32) -> f32 {
    (f64::from(sample) / SCALE_32) as f32
}

/// A float sample in 16 bits: rounded to the nearest, clipped at full scale, NaN as silence.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the lowest 16 bits are the number")]
pub fn i16_from_f32(sample: f32) -> i16 {
    // Neither `f32::round` nor a cast that saturates can be made a vector of; sums, comparisons and bits can.
    let scaled = sample * SCALE_16;
    let scaled = if scaled.is_nan() { 0.0 } else { scaled.clamp(-SCALE_16, SCALE_16 - 1.0) };
    let nearest = scaled + WHOLE;
    let rest = scaled - (nearest - WHOLE);
    // A half went to the even neighbour, which may be the one nearer to zero.
    let (up, down) = ((rest >= 0.5) & (scaled > 0.0), (rest <= -0.5) & (scaled < 0.0));
    (nearest.to_bits() as i32 + i32::from(up) - i32::from(down)) as i16
}

/// A float sample in 32 bits: rounded to the nearest, clipped at full scale, NaN as silence.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is clipping")]
pub fn i32_from_f32(sample: f32) -> i32 {
    (f64::from(sample) * SCALE_32).round() as i32
}

/// A 16-bit sample in 32 bits.
#[must_use]
pub fn i32_from_i16(sample: i16) -> i32 {
    i32::from(sample) << 16
}

/// A 32-bit sample in 16 bits: rounded to the nearest, clipped at full scale.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is clipping")]
pub fn i16_from_i32(sample: i32) -> i16 {
    (f64::from(sample) / 65_536.0).round() as i16
}

/// Type of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleType {
    /// 32-bit float.
    F32,
    /// 16-bit signed integer.
    I16,
    /// 32-bit signed integer.
    I32,
}

impl SampleType {
    /// The type of that name: `f32`, `i16` or `i32`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "f32" => Some(Self::F32),
            "i16" => Some(Self::I16),
            "i32" => Some(Self::I32),
            _ => None,
        }
    }
}

/// Samples of type `from`, given as native-endian bytes, as those of type `to`; an incomplete last one is left out.
#[must_use]
pub fn convert(samples: &[u8], from: SampleType, to: SampleType) -> Vec<u8> {
    use SampleType::{F32, I16, I32};
    match (from, to) {
        (F32, F32) => each(samples, |it: f32| it),
        (F32, I16) => each(samples, i16_from_f32),
        (F32, I32) => each(samples, i32_from_f32),
        (I16, F32) => each(samples, f32_from_i16),
        (I16, I16) => each(samples, |it: i16| it),
        (I16, I32) => each(samples, i32_from_i16),
        (I32, F32) => each(samples, f32_from_i32),
        (I32, I16) => each(samples, i16_from_i32),
        (I32, I32) => each(samples, |it: i32| it),
    }
}

fn each<S: Pod, T: Pod>(samples: &[u8], change: impl Fn(S) -> T) -> Vec<u8> {
    let length = samples.len() / size_of::<S>() * size_of::<T>();
    let mut changed = with_room(length);
    changed.resize(length, 0);
    for (slot, sample) in changed.chunks_exact_mut(size_of::<T>()).zip(samples.chunks_exact(size_of::<S>())) {
        slot.copy_from_slice(bytemuck::bytes_of(&change(bytemuck::pod_read_unaligned(sample))));
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_16_bit_sample_survives_the_way_to_float_and_back() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(i16_from_f32(f32_from_i16(sample)), sample);
        }
    }

    #[test]
    fn floats_are_rounded_to_the_nearest_and_halves_away_from_zero() {
        let rounded = |it: f32| i16_from_f32(it / SCALE_16);
        assert_eq!([0.5, 1.5, -0.5, -1.5, 2.4, -2.6].map(rounded), [1, 2, -1, -2, 2, -3]);
        assert_eq!([0.499_999_97, -0.499_999_97, 32_766.5, -32_767.5].map(rounded), [0, 0, i16::MAX, i16::MIN]);
    }

    #[test]
    fn beyond_full_scale_is_clipped() {
        assert_eq!([i16_from_f32(1.5), i16_from_f32(-1.5), i16_from_f32(f32::NAN)], [i16::MAX, i16::MIN, 0]);
        assert_eq!([i32_from_f32(1.0), i32_from_f32(-1.0), i32_from_f32(f32::NAN)], [i32::MAX, i32::MIN, 0]);
    }

    #[test]
    fn full_scale_of_32_bits_is_one() {
        assert!((f32_from_i32(i32::MIN) + 1.0).abs() < f32::EPSILON);
        assert!((f32_from_i32(1 << 30) - 0.5).abs() < f32::EPSILON);
    }

    #[test]
    fn every_16_bit_sample_survives_the_way_to_32_bits_and_back() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(i16_from_i32(i32_from_i16(sample)), sample);
        }
        assert_eq!([i16_from_i32(i32::MAX), i16_from_i32(0x7FFF), i16_from_i32(0x8000)], [i16::MAX, 0, 1]);
        assert_eq!([i16_from_i32(-0x7FFF), i16_from_i32(-0x8000)], [0, -1]);
    }

    #[test]
    fn bytes_are_converted_as_the_samples_they_are() {
        let types = [SampleType::F32, SampleType::I16, SampleType::I32];
        let samples: Vec<u8> = [-32_768_i16, -1, 0, 16_384, 32_767].iter().flat_map(|it| it.to_ne_bytes()).collect();
        for between in types {
            let there = convert(&samples, SampleType::I16, between);
            for other in types {
                assert_eq!(convert(&convert(&there, between, other), other, SampleType::I16), samples);
            }
        }
        let floats = [0.5_f32, -1.0].map(f32::to_ne_bytes).concat();
        assert_eq!(
            convert(&floats, SampleType::F32, SampleType::I16),
            [16_384_i16, -32_768].map(i16::to_ne_bytes).concat()
        );
        assert_eq!(
            ["f32", "i16", "i32", "u8"].map(SampleType::named),
            [Some(types[0]), Some(types[1]), Some(types[2]), None]
        );
    }
}
