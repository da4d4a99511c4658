//! Windows of equal length.

use crate::planar::{Planar, Planes};
use crate::state::Saved;

/// Cuts a stream into windows of `size` frames, one every `hop` frames.
///
/// Window `i` begins at frame `i · hop`. At the end one more window, filled with silence, holds the frames that no window
/// held yet; or they are dropped. Windows are taken one by one, so that a small hop over a long stretch stays bounded.
#[derive(Debug)]
pub struct Windower {
    size: usize,
    hop: usize,
    pad: bool,
    /// What the next window begins in, by channel.
    pending: Vec<Vec<f32>>,
    /// Where in `pending` the next window begins; beyond its end while frames between windows are skipped.
    start: usize,
    /// Frames of `pending`, from its beginning, that a window has already held.
    held: usize,
}

impl Windower {
    /// A windower at the start of its stream.
    ///
    /// # Panics
    ///
    /// If `size`, `hop` or `channels` is 0.
    #[must_use]
    pub fn new(size: usize, hop: usize, pad: bool, channels: usize) -> Self {
        assert!(size > 0 && hop > 0 && channels > 0, "size, hop and channels are positive");
        Self { size, hop, pad, pending: vec![Vec::new(); channels], start: 0, held: 0 }
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.pending.len()
    }

    /// Take a stretch of input.
    ///
    /// # Panics
    ///
    /// If it has another number of channels.
    pub fn push(&mut self, input: Planes<'_>) {
        assert_eq!(input.channels(), self.channels(), "the number of channels stays");
        self.forget();
        for (pending, plane) in self.pending.iter_mut().zip(input.iter()) {
            pending.extend_from_slice(plane);
        }
    }

    /// The next whole window, if there is one.
    pub fn next_window(&mut self) -> Option<Planar> {
        let end = self.start + self.size;
        if end > self.pending[0].len() {
            return None;
        }
        let planes: Vec<&[f32]> = self.pending.iter().map(|it| &it[self.start..end]).collect();
        let window = Planar::from_planes(&planes);
        self.start += self.hop;
        self.held = end;
        Some(window)
    }

    /// The stream is at its end: give the last, incomplete window, and be ready for another stream.
    ///
    /// To be called after [`Windower::next_window`] has given all.
    pub fn flush(&mut self) -> Option<Planar> {
        let frames = self.pending[0].len();
        let mut window = None;
        if self.pad && self.start < frames && self.held < frames {
            let mut planes: Vec<Vec<f32>> = self.pending.iter().map(|it| it[self.start..].to_vec()).collect();
            for plane in &mut planes {
                plane.resize(self.size, 0.0);
            }
            window = Some(Planar::from_planes(&planes));
        }
        self.pending.iter_mut().for_each(Vec::clear);
        (self.start, self.held) = (0, 0);
        window
    }

    /// Let go of the frames before the next window.
    fn forget(&mut self) {
        let gone = self.start.min(self.pending[0].len());
        for pending in &mut self.pending {
            pending.drain(..gone);
        }
        self.start -= gone;
        self.held = self.held.saturating_sub(gone);
    }
}

impl Saved for Windower {
    fn save(&self, into: &mut Vec<u8>) {
        self.size.save(into);
        self.hop.save(into);
        self.pad.save(into);
        self.pending.save(into);
        self.start.save(into);
        self.held.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let (size, hop, pad) = (usize::load(from)?, usize::load(from)?, bool::load(from)?);
        let (pending, start, held) = (Vec::<Vec<f32>>::load(from)?, usize::load(from)?, usize::load(from)?);
        let length = pending.first()?.len();
        let fits = size > 0 && hop > 0 && pending.iter().all(|plane| plane.len() == length);
        fits.then_some(Self { size, hop, pad, pending, start, held })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(size: usize, hop: usize, pad: bool, input: &[f32]) -> Vec<Vec<f32>> {
        let mut windower = Windower::new(size, hop, pad, 1);
        windower.push(Planes::new(input, 1));
        let mut all: Vec<Planar> = std::iter::from_fn(|| windower.next_window()).collect();
        all.extend(windower.flush());
        all.into_iter().map(Planar::into_samples).collect()
    }

    #[test]
    fn the_last_window_is_filled_with_silence() {
        assert_eq!(windows(2, 2, true, &[1.0, 2.0, 3.0]), [[1.0, 2.0], [3.0, 0.0]]);
    }

    #[test]
    fn without_pad_the_rest_is_dropped() {
        assert_eq!(windows(2, 2, false, &[1.0, 2.0, 3.0]), [[1.0, 2.0]]);
    }

    #[test]
    fn overlapping_windows_repeat_frames_but_not_for_their_own_sake() {
        assert_eq!(windows(3, 1, true, &[1.0, 2.0, 3.0, 4.0]), [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]);
        assert_eq!(windows(4, 2, true, &[1.0, 2.0, 3.0, 4.0, 5.0]), [[1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 0.0]]);
    }

    #[test]
    fn a_hop_beyond_the_size_skips_frames() {
        assert_eq!(windows(1, 3, true, &[1.0, 2.0, 3.0, 4.0, 5.0]), [[1.0], [4.0]]);
        assert_eq!(windows(2, 3, true, &[1.0, 2.0, 3.0]), [[1.0, 2.0]]);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(windows(4, 4, true, &[]).is_empty());
    }

    #[test]
    fn channels_are_cut_alike_and_a_new_stream_starts_clean() {
        let mut windower = Windower::new(2, 2, true, 2);
        windower.push(Planes::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2));
        assert_eq!(windower.next_window().map(Planar::into_samples), Some(vec![1.0, 2.0, 4.0, 5.0]));
        assert_eq!(windower.next_window(), None);
        assert_eq!(windower.flush().map(Planar::into_samples), Some(vec![3.0, 0.0, 6.0, 0.0]));
        assert_eq!(windower.flush(), None);
        windower.push(Planes::new(&[7.0, 8.0, 9.0, 10.0], 2));
        assert_eq!(windower.next_window().map(Planar::into_samples), Some(vec![7.0, 8.0, 9.0, 10.0]));
    }
}
