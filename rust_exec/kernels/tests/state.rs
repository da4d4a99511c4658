//! A stream that is saved and loaded between any two pieces goes on bit for bit.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "tests")]

use remotemedia_kernels::{Chunker, Detector, Planar, Planes, Quality, Resampler, Saved, Windower, loaded, saved};

const PIECES: [usize; 7] = [480, 1, 3_000, 0, 513, 7, 2_048];

fn noise(frames: usize) -> Vec<f32> {
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}

/// What `each` makes of the pieces of noise, with and without being saved and loaded before each.
fn both<T: Saved, R: PartialEq + std::fmt::Debug>(start: impl Fn() -> T, each: impl Fn(&mut T, Planes<'_>) -> Vec<R>) {
    let run = |restarts: bool| {
        let (mut it, input) = (start(), noise(2 * PIECES.iter().sum::<usize>()));
        let (mut rest, mut output) = (input.as_slice(), Vec::new());
        for size in PIECES.iter().chain(&PIECES) {
            if restarts {
                it = loaded(&saved(&it)).unwrap();
            }
            let (piece, next) = rest.split_at(*size);
            output.extend(each(&mut it, Planes::new(piece, 1)));
            rest = next;
        }
        (output, saved(&it))
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn a_resampler_goes_on() {
    for (from, to) in [(44_100, 16_000), (16_000, 48_000), (16_000, 16_000)] {
        for quality in [Quality::Low, Quality::High] {
            let whole = |it: Planar| it.into_samples();
            both(|| Resampler::new(from, to, 1, quality).unwrap(), |it, piece| whole(it.process(piece).unwrap()));
            // The end of a stream that was loaded is as long as it should be.
            let mut it = Resampler::new(from, to, 1, quality).unwrap();
            let _ = it.process(Planes::new(&noise(5_000), 1)).unwrap();
            let mut again: Resampler = loaded(&saved(&it)).unwrap();
            assert_eq!(whole(again.flush().unwrap()), whole(it.flush().unwrap()));
        }
    }
}

#[test]
fn a_windower_goes_on() {
    for (size, hop) in [(512, 512), (1_000, 10), (10, 1_000)] {
        both(
            || Windower::new(size, hop, true, 1),
            |it, piece| {
                it.push(piece);
                std::iter::from_fn(|| it.next_window()).collect()
            },
        );
    }
}

#[test]
fn a_chunker_goes_on() {
    both(
        || Chunker::new(160, 1, 4),
        |it, piece| {
            it.push(&piece.samples().iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<_>>());
            std::iter::from_fn(|| it.next_chunk()).collect()
        },
    );
}

#[test]
fn a_detector_goes_on() {
    both(|| Detector::new(480, 0.5, 0.5), |it, piece| vec![it.process(piece)]);
}

#[test]
fn other_bytes_are_no_stream() {
    assert!(loaded::<Resampler>(&[0; 64]).is_none());
    assert!(loaded::<Windower>(&[0; 64]).is_none());
    let mut bytes = saved(&Resampler::new(44_100, 16_000, 1, Quality::High).unwrap());
    bytes.pop();
    assert!(loaded::<Resampler>(&bytes).is_none());
}
