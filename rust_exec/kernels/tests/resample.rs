//! The resampler against the sine it should give, and against itself in other pieces.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "tests")]

use proptest::prelude::*;
use remotemedia_kernels::{Planar, Planes, Quality, Resampler, mix};

/// A sine of half of full scale, computed in double precision.
fn sine(frequency: f64, rate: u32, frames: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU * frequency / f64::from(rate);
    (0..frames).map(|it| ((it as f64 * step).sin() * 0.5) as f32).collect()
}

/// The whole of `input`, resampled in pieces of the lengths `pieces` gives in turn.
fn resample(input: &[f32], rates: (u32, u32), quality: Quality, pieces: &[usize]) -> Vec<f32> {
    let mut resampler = Resampler::new(rates.0, rates.1, 1, quality).unwrap();
    let mut output = Vec::new();
    let mut rest = input;
    for size in pieces.iter().cycle() {
        let (piece, next) = rest.split_at((*size).min(rest.len()));
        output.extend(resampler.process(Planes::new(piece, 1)).unwrap().into_samples());
        rest = next;
        if rest.is_empty() {
            break;
        }
    }
    output.extend(resampler.flush().unwrap().into_samples());
    output
}

/// Ratio of the wanted sine to what differs from it, in dB; the ends, where the sine begins and stops, are left out.
fn signal_to_noise(got: &[f32], wanted: &[f32]) -> f64 {
    let inner = 2_000..got.len() - 2_000;
    let power = |it: &mut dyn Iterator<Item = f64>| it.map(|it| it * it).sum::<f64>();
    let signal = power(&mut wanted[inner.clone()].iter().map(|it| f64::from(*it)));
    let noise = power(&mut inner.map(|it| f64::from(got[it]) - f64::from(wanted[it])));
    10.0 * (signal / noise).log10()
}

#[test]
fn a_sine_stays_a_sine_by_more_than_130_db() {
    let rates = [44_100, 16_000, 48_000];
    for from in rates {
        for to in rates.into_iter().filter(|to| *to != from) {
            for frequency in [100.0, 997.0, 7_000.0] {
                let input = sine(frequency, from, from as usize);
                let output = resample(&input, (from, to), Quality::High, &[4_096]);
                let ratio = signal_to_noise(&output, &sine(frequency, to, to as usize));
                assert!(ratio > 130.0, "{frequency} Hz, {from} -> {to}: {ratio:.1} dB");
            }
        }
    }
}

#[test]
fn low_and_medium_quality_keep_a_sine_of_the_middle() {
    for quality in [Quality::Low, Quality::Medium] {
        let output = resample(&sine(1_000.0, 48_000, 48_000), (48_000, 16_000), quality, &[480]);
        let ratio = signal_to_noise(&output, &sine(1_000.0, 16_000, 16_000));
        assert!(ratio > 130.0, "{quality:?}: {ratio:.1} dB");
    }
}

#[test]
fn what_the_lower_rate_cannot_hold_is_gone() {
    let output = resample(&sine(12_000.0, 48_000, 48_000), (48_000, 16_000), Quality::High, &[1_000]);
    let loudest = output[500..15_500].iter().fold(0.0_f32, |loudest, it| loudest.max(it.abs()));
    assert!(loudest < 1e-7, "alias of {loudest}");
}

#[test]
fn the_length_is_exact_from_the_first_frame_on() {
    for rates in [(44_100, 16_000), (16_000, 44_100), (8_000, 48_000), (1_000, 768_000), (44_101, 16_000)] {
        for frames in [0, 1, 2, 441, 1_023, 20_000] {
            let output = resample(&vec![0.1; frames], rates, Quality::High, &[333]);
            let exact = (frames as f64 * f64::from(rates.1) / f64::from(rates.0)).round() as usize;
            assert_eq!(output.len(), exact, "{frames} frames, {rates:?}");
        }
    }
}

#[test]
fn equal_rates_pass_through() {
    let input = sine(440.0, 16_000, 1_000);
    assert_eq!(resample(&input, (16_000, 16_000), Quality::High, &[7]), input);
}

#[test]
fn a_second_stream_starts_clean() {
    let mut resampler = Resampler::new(44_100, 16_000, 1, Quality::High).unwrap();
    let input = sine(440.0, 44_100, 10_000);
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut output = resampler.process(Planes::new(&input, 1)).unwrap().into_samples();
        output.extend(resampler.flush().unwrap().into_samples());
        streams.push(output);
    }
    assert_eq!(streams[0], streams[1]);
}

#[test]
fn channels_do_not_meet() {
    let (left, right) = (sine(440.0, 48_000, 9_600), sine(3_000.0, 48_000, 9_600));
    let mut resampler = Resampler::new(48_000, 16_000, 2, Quality::High).unwrap();
    let head = resampler.process(Planar::from_planes(&[&left, &right]).planes()).unwrap();
    let tail = resampler.flush().unwrap();
    for (channel, input) in [left, right].iter().enumerate() {
        let alone = resample(input, (48_000, 16_000), Quality::High, &[9_600]);
        assert_eq!([head.plane(channel), tail.plane(channel)].concat(), alone);
    }
}

#[test]
fn sound_of_more_channels_is_mixed_down_on_the_way() {
    let input: Vec<f32> = (0..4 * 9_600).map(|it| (it as f32 * 0.01).sin() * 0.2).collect();
    let sound = Planes::new(&input, 4);
    for (rates, channels) in [((48_000, 16_000), 1), ((48_000, 44_100), 2), ((48_000, 48_000), 3)] {
        let of = |sound: Planes<'_>| {
            let mut resampler = Resampler::new(rates.0, rates.1, channels, Quality::Low).unwrap();
            let head = resampler.process(sound).unwrap();
            head.then(resampler.flush().unwrap())
        };
        assert_eq!(of(sound), of(mix(sound, channels).planes()), "{rates:?}, {channels} channels");
    }
}

#[test]
fn sound_that_several_processors_share_is_the_same_to_the_last_bit() {
    let input = sine(1_234.5, 48_000, 300_000);
    let whole = resample(&input, (48_000, 16_000), Quality::Low, &[300_000]);
    assert!(whole == resample(&input, (48_000, 16_000), Quality::Low, &[5_000]));
}

#[test]
fn rates_and_channels_are_bounded() {
    for (from, to, channels) in [(999, 16_000, 1), (16_000, 768_001, 1), (16_000, 8_000, 0), (16_000, 8_000, 65)] {
        let error = Resampler::new(from, to, channels, Quality::High).err().unwrap();
        assert_eq!(error.code, "RM211", "{error}");
    }
    // One block of these rates is three million samples for each channel.
    assert!(Resampler::new(767_999, 768_000, 2, Quality::High).is_ok());
    assert_eq!(Resampler::new(767_999, 768_000, 64, Quality::High).err().unwrap().code, "RM211");
    let mut resampler = Resampler::new(16_000, 8_000, 2, Quality::High).unwrap();
    assert_eq!(resampler.process(Planes::new(&[0.0], 1)).unwrap_err().message, "expected 2 channels, got 1");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pieces_of_any_length_give_the_same_samples(
        pieces in prop::collection::vec(1_usize..3_000, 1..8),
        rates in prop::sample::select(vec![(44_100_u32, 16_000_u32), (16_000, 48_000), (48_000, 44_100)]),
        frames in 1_usize..12_000,
    ) {
        let input = sine(1_234.5, rates.0, frames);
        let whole = resample(&input, rates, Quality::Medium, &[frames]);
        prop_assert_eq!(resample(&input, rates, Quality::Medium, &pieces), whole);
    }
}
