//! Windows of any size over pieces of any length.
#![allow(clippy::cast_precision_loss, reason = "tests")]

use proptest::prelude::*;
use remotemedia_kernels::{Planar, Planes, Windower};

fn windows(input: &[f32], size: usize, hop: usize, pad: bool, pieces: &[usize]) -> Vec<Vec<f32>> {
    let mut windower = Windower::new(size, hop, pad, 1);
    let mut output = Vec::new();
    let mut rest = input;
    for piece in pieces.iter().cycle() {
        let (head, tail) = rest.split_at((*piece).min(rest.len()));
        windower.push(Planes::new(head, 1));
        output.extend(std::iter::from_fn(|| windower.next_window()));
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    output.extend(windower.flush());
    output.into_iter().map(Planar::into_samples).collect()
}

proptest! {
    #[test]
    fn windows_one_after_another_are_the_input(
        frames in 0_usize..2_000, size in 1_usize..300, pieces in prop::collection::vec(1_usize..500, 1..6),
    ) {
        let input: Vec<f32> = (1..=frames).map(|it| it as f32).collect();
        let mut joined = windows(&input, size, size, true, &pieces).concat();
        prop_assert_eq!(joined.len(), frames.div_ceil(size) * size);
        prop_assert!(joined.drain(frames..).all(|it| it == 0.0));
        prop_assert_eq!(joined, input);
    }

    #[test]
    fn window_i_begins_at_i_times_hop_however_the_input_is_cut(
        frames in 0_usize..2_000, size in 1_usize..300, hop in 1_usize..400, pad: bool,
        pieces in prop::collection::vec(1_usize..500, 1..6),
    ) {
        let input: Vec<f32> = (1..=frames).map(|it| it as f32).collect();
        let cut = windows(&input, size, hop, pad, &pieces);
        for (index, window) in cut.iter().enumerate() {
            let start = index * hop;
            let end = frames.min(start + size);
            prop_assert_eq!(&window[..end - start], &input[start..end]);
            prop_assert!(window[end - start..].iter().all(|it| *it == 0.0));
        }
        let whole = if frames < size { 0 } else { (frames - size) / hop + 1 };
        let held = if whole == 0 { 0 } else { (whole - 1) * hop + size };
        let last = usize::from(pad && frames > held && frames > whole * hop);
        prop_assert_eq!(cut.len(), whole + last);
    }
}
