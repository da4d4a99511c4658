//! Durations in buckets that grow with them, counted by one thread and read by any.

use crate::metrics::Count;

/// Buckets of one octave, as a power of two: a bucket is at most 6 % wide.
const FINE: u32 = 4;

/// Longer durations count in the last octave: 2⁴² ns are 73 minutes.
const OCTAVES: u32 = 42;

const BUCKETS: usize = ((OCTAVES - FINE + 1) << FINE) as usize;

/// Counts of nanoseconds: exact below 16, sixteen buckets an octave above.
#[derive(Debug)]
pub(crate) struct Histogram(Box<[Count]>);

impl Default for Histogram {
    fn default() -> Self {
        Self((0..BUCKETS).map(|_| Count::default()).collect())
    }
}

impl Histogram {
    pub(crate) fn record(&self, nanoseconds: u64, times: u64) {
        self.0[index(nanoseconds)].add(times);
    }

    /// Upper bound, inclusive, and count of every bucket that holds something.
    pub(crate) fn buckets(&self) -> Vec<(u64, u64)> {
        let counted = self.0.iter().enumerate().map(|(index, count)| (upper(index), count.get()));
        counted.filter(|(_, count)| *count > 0).collect()
    }

    /// The bounds below which so large shares of what the buckets hold lie; 0 where they are empty.
    pub(crate) fn quantiles<const N: usize>(buckets: &[(u64, u64)], shares: [f64; N]) -> [u64; N] {
        let all: u64 = buckets.iter().map(|(_, count)| count).sum();
        shares.map(|share| {
            let mut left = (all as f64 * share).ceil() as u64;
            let holds = |(_, count): &&(u64, u64)| {
                let is_here = left <= *count;
                left = left.saturating_sub(*count);
                is_here
            };
            buckets.iter().find(holds).map_or(0, |(upper, _)| *upper)
        })
    }
}

fn index(value: u64) -> usize {
    let octave = value.max(1).ilog2();
    if octave < FINE {
        return value as usize;
    }
    let fine = (value >> (octave - FINE)) as usize & ((1 << FINE) - 1);
    ((((octave - FINE + 1) as usize) << FINE) + fine).min(BUCKETS - 1)
}

/// The largest value of a bucket.
fn upper(index: usize) -> u64 {
    let (octave, fine) = ((index >> FINE) as u32, index as u64 & ((1 << FINE) - 1));
    if octave == 0 { fine } else { (((1 << FINE) + fine + 1) << (octave - 1)) - 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_of_nothing_are_nothing() {
        assert_eq!(Histogram::quantiles(&[], [0.5]), [0]);
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let histogram = Histogram::default();
        (1..=1000).for_each(|value| histogram.record(value, 1));
        let [half, most] = Histogram::quantiles(&histogram.buckets(), [0.5, 0.99]);
        assert!((500..=531).contains(&half) && (990..=1055).contains(&most), "{half} {most}");
    }

    proptest! {
        #[test]
        fn a_value_lies_in_its_bucket(value in 0_u64..1 << 42) {
            let bucket = index(value);
            prop_assert!(value <= upper(bucket));
            prop_assert!(bucket == 0 || value > upper(bucket - 1));
            prop_assert!(upper(bucket) - value <= value / 16);
        }
    }
}
