//! `AudioWindowNode`: windows of equal length.

use remotemedia_engine::{NodeFailure, NodeInstance, NodeSpec};
use remotemedia_kernels::{Planar, Saved, Windower};
use remotemedia_packet::Audio;

use crate::cut::{Cutter, Cutting};
use crate::params::Params;
use crate::samples::{planes, samples, sound};

/// One stream of windows.
struct Windows {
    windower: Windower,
    rate: u32,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    let size = params.required_integer("size")?;
    let (hop, pad) = (params.integer("hop")?.unwrap_or(size), params.boolean("pad")?);
    Ok(Box::new(Cutting::new(hop, move |audio: &Audio| {
        // Sound of no channels is refused when it is pushed.
        let windower = Windower::new(size, hop, pad, usize::from(audio.channels).max(1));
        Windows { windower, rate: audio.rate }
    })))
}

impl Windows {
    fn sound(&self, window: Planar) -> Audio {
        sound(window, self.rate)
    }
}

impl Saved for Windows {
    fn save(&self, into: &mut Vec<u8>) {
        self.windower.save(into);
        self.rate.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Self { windower: Windower::load(from)?, rate: u32::load(from)? })
    }
}

impl Cutter for Windows {
    fn fits(&self, audio: &Audio) -> bool {
        self.rate == audio.rate && self.windower.channels() == usize::from(audio.channels)
    }

    fn push(&mut self, audio: &Audio) -> Result<(), NodeFailure> {
        let samples = samples(audio)?;
        self.windower.push(planes(&samples, audio));
        Ok(())
    }

    fn next(&mut self) -> Option<Audio> {
        self.windower.next_window().map(|it| self.sound(it))
    }

    fn rest(&mut self) -> Option<Audio> {
        self.windower.flush().map(|it| self.sound(it))
    }
}
