//! Times counted in frames.

use remotemedia_kernels::Saved;

const SECOND: i128 = 1_000_000_000;

/// The presentation time of every frame of a stream, exact however long the stream is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start_ns: i64,
    rate: u32,
}

impl Clock {
    /// Frame 0 stands at `start_ns`.
    pub(crate) fn new(start_ns: i64, rate: u32) -> Self {
        Self { start_ns, rate }
    }

    /// Presentation time of a frame, in nanoseconds, rounded down.
    pub(crate) fn at(&self, frame: u64) -> i64 {
        let offset = i128::from(frame) * SECOND / i128::from(self.rate.max(1));
        self.start_ns.saturating_add(i64::try_from(offset).unwrap_or(i64::MAX))
    }

    /// Presentation time and duration of a stretch.
    pub(crate) fn span(&self, frame: u64, frames: usize) -> (Option<i64>, Option<i64>) {
        let start = self.at(frame);
        (Some(start), Some(self.at(frame + frames as u64).saturating_sub(start)))
    }
}

impl Saved for Clock {
    fn save(&self, into: &mut Vec<u8>) {
        self.start_ns.save(into);
        self.rate.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Self { start_ns: i64::load(from)?, rate: u32::load(from)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_do_not_drift() {
        let clock = Clock::new(5, 44_100);
        assert_eq!(clock.at(44_100 * 3_600), 3_600_000_000_005);
        let (_, duration) = clock.span(44_100 * 3_600 - 1, 1);
        assert_eq!(duration, Some(22_676));
    }
}
