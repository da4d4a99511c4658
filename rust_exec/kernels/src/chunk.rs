//! Chunks of equal length, whatever the samples are.

use crate::state::Saved;

/// Cuts a stream of planar samples, given as bytes, into chunks of `frames`; the last may be shorter.
///
/// Nothing is converted: what comes out is, byte for byte, what went in.
#[derive(Debug)]
pub struct Chunker {
    /// Bytes of one chunk in one channel.
    size: usize,
    /// What no chunk has held yet, by channel; those before `start` one has.
    pending: Vec<Vec<u8>>,
    start: usize,
}

impl Chunker {
    /// A chunker at the start of its stream; `sample` is the number of bytes of one sample.
    ///
    /// # Panics
    ///
    /// If `frames`, `channels` or `sample` is 0.
    #[must_use]
    pub fn new(frames: usize, channels: usize, sample: usize) -> Self {
        assert!(frames > 0 && channels > 0 && sample > 0, "frames, channels and sample are positive");
        Self { size: frames.saturating_mul(sample), pending: vec![Vec::new(); channels], start: 0 }
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.pending.len()
    }

    /// Take a stretch of input, channel by channel.
    ///
    /// # Panics
    ///
    /// If its bytes cannot be shared out equally among the channels.
    pub fn push(&mut self, planar: &[u8]) {
        let channels = self.channels();
        assert!(planar.len().is_multiple_of(channels), "planes are of equal length");
        if planar.is_empty() {
            return;
        }
        for (pending, plane) in self.pending.iter_mut().zip(planar.chunks_exact(planar.len() / channels)) {
            pending.drain(..self.start);
            pending.extend_from_slice(plane);
        }
        self.start = 0;
    }

    /// The next whole chunk, channel by channel, if there is one.
    pub fn next_chunk(&mut self) -> Option<Vec<u8>> {
        let end = self.start.checked_add(self.size).filter(|end| *end <= self.pending[0].len())?;
        let chunk = self.pending.iter().map(|it| &it[self.start..end]).collect::<Vec<_>>().concat();
        self.start = end;
        Some(chunk)
    }

    /// The stream is at its end: give what is left, and be ready for another stream.
    ///
    /// To be called after [`Chunker::next_chunk`] has given all.
    pub fn flush(&mut self) -> Option<Vec<u8>> {
        let rest = self.pending.iter().map(|it| &it[self.start..]).collect::<Vec<_>>().concat();
        self.pending.iter_mut().for_each(Vec::clear);
        self.start = 0;
        (!rest.is_empty()).then_some(rest)
    }
}

impl Saved for Chunker {
    fn save(&self, into: &mut Vec<u8>) {
        self.size.save(into);
        self.pending.save(into);
        self.start.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let it = Self { size: usize::load(from)?, pending: Vec::load(from)?, start: usize::load(from)? };
        let length = it.pending.first()?.len();
        let fits = it.size > 0 && it.start <= length && it.pending.iter().all(|plane| plane.len() == length);
        fits.then_some(it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_have_all_channels_and_the_rest_comes_last() {
        let mut chunker = Chunker::new(2, 2, 1);
        chunker.push(&[1, 2, 3, 11, 12, 13]);
        assert_eq!(chunker.next_chunk(), Some(vec![1, 2, 11, 12]));
        assert_eq!(chunker.next_chunk(), None);
        chunker.push(&[]);
        chunker.push(&[4, 5, 14, 15]);
        assert_eq!(chunker.next_chunk(), Some(vec![3, 4, 13, 14]));
        assert_eq!(chunker.flush(), Some(vec![5, 15]));
        assert_eq!(chunker.flush(), None);
    }

    #[test]
    fn a_sample_is_never_cut() {
        let mut chunker = Chunker::new(1, 1, 4);
        chunker.push(&[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(chunker.next_chunk(), Some(vec![1, 2, 3, 4]));
        assert_eq!(chunker.flush(), Some(vec![5, 6, 7, 8]));
    }
}
