//! `AudioBuffer`: chunks of equal length, of which the last may be shorter; samples stay what they are.

use remotemedia_engine::{NodeFailure, NodeInstance, NodeSpec};
use remotemedia_kernels::{Chunker, Saved};
use remotemedia_packet::{Audio, Body, Layout, Packet};

use crate::cut::{Cutter, Cutting};
use crate::params::Params;
use crate::samples::planar;
use crate::state::Kept;

/// One stream of chunks.
struct Chunks {
    chunker: Chunker,
    /// The stream's sound, without samples.
    like: Audio,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let size = Params::of(spec).required_integer("buffer_size_samples")?;
    Ok(Box::new(Cutting::new(size, move |audio: &Audio| {
        // Sound of no channels is refused when it is pushed.
        let chunker = Chunker::new(size, usize::from(audio.channels).max(1), audio.format.size());
        Chunks { chunker, like: Audio { layout: Layout::Planar, data: Default::default(), ..*audio } }
    })))
}

impl Chunks {
    fn sound(&self, chunk: Vec<u8>) -> Audio {
        Audio { data: chunk.into(), ..self.like.clone() }
    }
}

impl Saved for Chunks {
    fn save(&self, into: &mut Vec<u8>) {
        self.chunker.save(into);
        Kept(Packet::new(Body::Audio(self.like.clone()))).save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let chunker = Chunker::load(from)?;
        match Kept::load(from)?.0.body {
            Body::Audio(like) if usize::from(like.channels) == chunker.channels() => Some(Self { chunker, like }),
            _ => None,
        }
    }
}

impl Cutter for Chunks {
    fn fits(&self, audio: &Audio) -> bool {
        (self.like.rate, self.like.channels, self.like.format) == (audio.rate, audio.channels, audio.format)
    }

    fn push(&mut self, audio: &Audio) -> Result<(), NodeFailure> {
        self.chunker.push(&planar(audio)?.data);
        Ok(())
    }

    fn next(&mut self) -> Option<Audio> {
        self.chunker.next_chunk().map(|it| self.sound(it))
    }

    fn rest(&mut self) -> Option<Audio> {
        self.chunker.flush().map(|it| self.sound(it))
    }
}
