//! How loud a sound is.

use crate::planar::{Planar, Planes};

/// What samples are multiplied by for a level in dB.
#[must_use]
pub fn factor_of_db(db: f64) -> f64 {
    10.0_f64.powf(db / 20.0)
}

/// The sound so much louder, in dB; what exceeds full scale is not clipped.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "samples are of 32 bits, and so is what they are multiplied by")]
pub fn gain(input: Planes<'_>, db: f64) -> Planar {
    let factor = factor_of_db(db) as f32;
    let samples = input.samples().iter().map(|sample| sample * factor).collect();
    Planar::new(samples, input.channels())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_db_are_ten_times() {
        let louder = gain(Planes::new(&[0.01, -0.2], 2), 20.0).into_samples();
        assert!((louder[0] - 0.1).abs() < 1e-7 && (louder[1] + 2.0).abs() < 1e-6, "{louder:?}");
        assert_eq!(gain(Planes::new(&[0.3, -0.7], 1), 0.0).into_samples(), [0.3, -0.7]);
    }
}
