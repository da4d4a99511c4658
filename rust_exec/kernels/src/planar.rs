//! Blocks of sound: float32, full scale ±1, planar.

/// The lowest sample rate any kernel takes, in Hz.
pub const MIN_RATE: u32 = 1_000;

/// The highest sample rate any kernel takes, in Hz.
pub const MAX_RATE: u32 = 768_000;

/// The largest number of channels any kernel takes.
pub const MAX_CHANNELS: usize = 64;

/// A block of sound: shape `(channels, frames)`, C-contiguous.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Planar {
    samples: Vec<f32>,
    channels: usize,
}

/// A borrowed block of sound: shape `(channels, frames)`, C-contiguous.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Planes<'a> {
    samples: &'a [f32],
    channels: usize,
}

impl Planar {
    /// A block of samples that are already planar.
    ///
    /// # Panics
    ///
    /// If there are no channels, or `samples` is not a multiple of them.
    #[must_use]
    pub fn new(samples: Vec<f32>, channels: usize) -> Self {
        assert!(channels > 0 && samples.len().is_multiple_of(channels), "samples are whole frames");
        Self { samples, channels }
    }

    /// A block of zeros.
    #[must_use]
    pub fn silence(channels: usize, frames: usize) -> Self {
        Self { samples: vec![0.0; channels * frames], channels }
    }

    /// A block of the same number of frames in each plane.
    ///
    /// # Panics
    ///
    /// If there are no planes, or their lengths differ.
    #[must_use]
    pub fn from_planes<P: AsRef<[f32]>>(planes: &[P]) -> Self {
        let mut samples = Vec::with_capacity(planes.iter().map(|it| it.as_ref().len()).sum());
        let frames = planes.first().map_or(0, |it| it.as_ref().len());
        for plane in planes {
            assert_eq!(plane.as_ref().len(), frames, "planes are of equal length");
            samples.extend_from_slice(plane.as_ref());
        }
        Self::new(samples, planes.len())
    }

    /// This block, and behind it another of as many channels.
    ///
    /// # Panics
    ///
    /// If it has another number of channels.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        assert_eq!(self.channels, next.channels, "the number of channels stays");
        if self.is_empty() {
            return next;
        }
        let (own, more) = (self.frames(), next.frames());
        self.samples.resize(self.samples.len() + next.samples.len(), 0.0);
        // The last plane first: each moves to where the one behind it stood.
        for channel in (0..self.channels).rev() {
            let start = channel * (own + more);
            self.samples.copy_within(channel * own..(channel + 1) * own, start);
            self.samples[start + own..start + own + more].copy_from_slice(next.plane(channel));
        }
        self
    }

    /// The block's first frames alone.
    ///
    /// # Panics
    ///
    /// If it has not so many.
    #[must_use]
    pub fn first(mut self, frames: usize) -> Self {
        let own = self.frames();
        assert!(frames <= own, "a block has the frames that are kept of it");
        for channel in 1..self.channels {
            self.samples.copy_within(channel * own..channel * own + frames, channel * frames);
        }
        self.samples.truncate(frames * self.channels);
        self
    }

    /// The block, borrowed.
    #[must_use]
    pub fn planes(&self) -> Planes<'_> {
        Planes { samples: &self.samples, channels: self.channels }
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Samples per channel.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.planes().frames()
    }

    /// Whether there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The samples of one channel.
    #[must_use]
    pub fn plane(&self, channel: usize) -> &[f32] {
        self.planes().plane(channel)
    }

    /// All samples, channel by channel.
    #[must_use]
    pub fn into_samples(self) -> Vec<f32> {
        self.samples
    }
}

impl<'a> Planes<'a> {
    /// A view of samples that are already planar.
    ///
    /// # Panics
    ///
    /// If there are no channels, or `samples` is not a multiple of them.
    #[must_use]
    pub fn new(samples: &'a [f32], channels: usize) -> Self {
        assert!(channels > 0 && samples.len().is_multiple_of(channels), "samples are whole frames");
        Self { samples, channels }
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Samples per channel.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.len().checked_div(self.channels).unwrap_or(0)
    }

    /// All samples, channel by channel.
    #[must_use]
    pub fn samples(&self) -> &'a [f32] {
        self.samples
    }

    /// The samples of one channel.
    #[must_use]
    pub fn plane(&self, channel: usize) -> &'a [f32] {
        let frames = self.frames();
        &self.samples[channel * frames..(channel + 1) * frames]
    }

    /// The planes in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        let it = *self;
        (0..it.channels).map(move |channel| it.plane(channel))
    }

    /// The block, copied.
    #[must_use]
    pub fn to_planar(&self) -> Planar {
        Planar { samples: self.samples.to_vec(), channels: self.channels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_one_another_channel_by_channel() {
        let (first, next) = (Planar::new(vec![1.0, 2.0, 11.0, 12.0], 2), Planar::new(vec![3.0, 13.0], 2));
        let both = first.clone().then(next.clone());
        assert_eq!(both.clone().into_samples(), [1.0, 2.0, 3.0, 11.0, 12.0, 13.0]);
        assert_eq!(Planar::silence(2, 0).then(next.clone()), next);
        assert_eq!(first.clone().then(Planar::silence(2, 0)), first);
        assert_eq!(both.first(2), first);
    }
}
