//! The number of channels.

use std::ops::Range;

use crate::planar::{Planar, Planes};
use crate::room::with_room;

/// Frames that are added at a time: those of all channels are to fit the processor's nearest cache.
const BLOCK: usize = 1_024;

/// The same sound in another number of channels.
///
/// To fewer: output `j` is the average of the inputs `j`, `j + n`, `j + 2n` …, so that stereo pairs stay on their side.
/// To more: output `j` is a copy of input `j mod m`, so that mono is heard on every channel.
///
/// # Panics
///
/// If `channels` is 0.
#[must_use]
pub fn mix(input: Planes<'_>, channels: usize) -> Planar {
    assert!(channels > 0, "there is at least one channel");
    if channels >= input.channels() {
        let planes: Vec<&[f32]> = (0..channels).map(|it| input.plane(it % input.channels())).collect();
        return Planar::from_planes(&planes);
    }
    let frames = input.frames();
    let mut output = with_room(frames * channels);
    for channel in 0..channels {
        for start in (0..frames).step_by(BLOCK) {
            mix_into(&mut output, input, (channel, channels), start..frames.min(start + BLOCK));
        }
    }
    Planar::new(output, channels)
}

/// Append some frames of one of the channels that a sound of no fewer becomes.
pub(crate) fn mix_into(
    output: &mut Vec<f32>,
    input: Planes<'_>,
    (channel, channels): (usize, usize),
    frames: Range<usize>,
) {
    let start = output.len();
    output.extend_from_slice(&input.plane(channel)[frames.clone()]);
    if channel + channels >= input.channels() {
        return;
    }
    let sum = &mut output[start..];
    let mut sources = 1_u16;
    for source in (channel + channels..input.channels()).step_by(channels) {
        sum.iter_mut().zip(&input.plane(source)[frames.clone()]).for_each(|(sum, sample)| *sum += sample);
        sources += 1;
    }
    let gain = 1.0 / f32::from(sources);
    sum.iter_mut().for_each(|it| *it *= gain);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stereo_to_mono_is_the_average() {
        let stereo = [1.0, 0.5, 0.0, -0.5];
        assert_eq!(mix(Planes::new(&stereo, 2), 1).into_samples(), [0.5, 0.0]);
    }

    #[test]
    fn mono_to_many_is_a_copy() {
        assert_eq!(mix(Planes::new(&[0.25, -1.0], 1), 3).into_samples(), [0.25, -1.0, 0.25, -1.0, 0.25, -1.0]);
    }

    #[test]
    fn four_to_two_keeps_sides() {
        let quad = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(mix(Planes::new(&quad, 4), 2).into_samples(), [2.0, 3.0]);
    }

    #[test]
    fn three_to_two_averages_what_there_is() {
        assert_eq!(mix(Planes::new(&[1.0, 2.0, 3.0], 3), 2).into_samples(), [2.0, 2.0]);
    }

    #[test]
    fn two_to_three_begins_again() {
        assert_eq!(mix(Planes::new(&[1.0, 2.0], 2), 3).into_samples(), [1.0, 2.0, 1.0]);
    }

    #[test]
    fn the_same_number_is_identity() {
        let stereo = [0.1, 0.2, 0.3, 0.4];
        assert_eq!(mix(Planes::new(&stereo, 2), 2).into_samples(), stereo);
    }
}
