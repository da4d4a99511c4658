//! Samples from and to integers: full scale of an integer type is its negative extreme, so `i16` → `f32` → `i16` is exact.

/// Full scale of 16 bits: −32 768 is −1.
const SCALE_16: f32 = 32_768.0;

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
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is clipping")]
pub fn i16_from_f32(sample: f32) -> i16 {
    (sample * SCALE_16).round() as i16
}

/// A float sample in 32 bits: rounded to the nearest, clipped at full scale, NaN as silence.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is clipping")]
pub fn i32_from_f32(sample: f32) -> i32 {
    (f64::from(sample) * SCALE_32).round() as i32
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
    fn beyond_full_scale_is_clipped() {
        assert_eq!([i16_from_f32(1.5), i16_from_f32(-1.5), i16_from_f32(f32::NAN)], [i16::MAX, i16::MIN, 0]);
        assert_eq!([i32_from_f32(1.0), i32_from_f32(-1.0), i32_from_f32(f32::NAN)], [i32::MAX, i32::MIN, 0]);
    }

    #[test]
    fn full_scale_of_32_bits_is_one() {
        assert!((f32_from_i32(i32::MIN) + 1.0).abs() < f32::EPSILON);
        assert!((f32_from_i32(1 << 30) - 0.5).abs() < f32::EPSILON);
    }
}
