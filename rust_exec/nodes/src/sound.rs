//! A file of sound as packets.

use std::io::Read;

use remotemedia_engine::NodeFailure;
use remotemedia_kernels::Decoder;
use remotemedia_packet::Packet;

use crate::clock::Clock;
use crate::params::refused;
use crate::samples::body;

/// The blocks of a file of sound, as audio packets with their times; decoded one by one as they are asked for.
pub struct Sound {
    decoder: Decoder,
    clock: Clock,
    frames: u64,
    packets: u64,
    /// What the file is called in a failure.
    name: String,
    failed: bool,
}

/// Read wav, flac, mp3 or ogg vorbis from a stream; `name` is what it is called in a failure.
///
/// # Errors
///
/// `RM612`: the stream is of another kind, or its beginning is malformed.
pub fn sound(name: &str, reader: impl Read + Send + Sync + 'static) -> Result<Sound, NodeFailure> {
    Sound::open(name, || Decoder::from_reader(reader))
}

impl Sound {
    pub(crate) fn open(
        name: &str,
        open: impl FnOnce() -> Result<Decoder, remotemedia_kernels::KernelError>,
    ) -> Result<Self, NodeFailure> {
        let decoder = open().map_err(|error| named(name, refused(error)))?;
        let clock = Clock::new(0, decoder.rate());
        Ok(Self { decoder, clock, frames: 0, packets: 0, name: name.to_owned(), failed: false })
    }
}

impl Sound {
    /// How many packets have been given.
    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// Leave out packets until so many have been given.
    pub(crate) fn skip_to(&mut self, packets: u64) -> Result<(), NodeFailure> {
        while self.packets < packets {
            match self.next() {
                Some(packet) => drop(packet?),
                None => {
                    let message = format!("expected at least {packets} packets, got {}", self.packets);
                    return Err(named(&self.name, NodeFailure::new("RM612", message)));
                }
            }
        }
        Ok(())
    }
}

impl Iterator for Sound {
    type Item = Result<Packet, NodeFailure>;

    /// The next packet; nothing follows a failure.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        match self.decoder.next_block().transpose()? {
            Ok(block) => {
                let (pts_ns, duration_ns) = self.clock.span(self.frames, block.frames());
                self.frames += block.frames() as u64;
                self.packets += 1;
                Some(Ok(Packet { pts_ns, duration_ns, ..Packet::new(body(block, self.decoder.rate())) }))
            }
            Err(error) => {
                self.failed = true;
                Some(Err(named(&self.name, refused(error))))
            }
        }
    }
}

fn named(name: &str, failure: NodeFailure) -> NodeFailure {
    NodeFailure { message: format!("`{name}`: {}", failure.message), ..failure }
}
