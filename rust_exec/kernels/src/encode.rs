//! Wav files, written block by block.

use std::io::{Seek, SeekFrom, Write};

use crate::convert::i16_from_f32;
use crate::error::KernelError;
use crate::planar::Planes;

/// Element type of a wav file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WavFormat {
    /// 32-bit float.
    F32,
    /// 16-bit signed integer; samples are rounded and clipped.
    I16,
}

/// Writes one RIFF WAVE file; its header is put right by [`WavWriter::finish`].
///
/// Until then the header states the greatest length, so that a file left unfinished is not taken for a whole one.
pub struct WavWriter<W> {
    target: W,
    format: WavFormat,
    rate: u32,
    channels: usize,
    /// Bytes of samples so far.
    written: u64,
}

/// Bytes before the samples.
const HEADER: usize = 58;

/// Greatest length of the samples: the RIFF length counts what follows it, in 32 bits.
const MAX_DATA: u64 = u32::MAX as u64 - HEADER as u64;

impl<W: Write + Seek> WavWriter<W> {
    /// Begin a file.
    ///
    /// # Errors
    ///
    /// `RM616`: the target cannot be written, or the number of channels does not fit.
    pub fn new(mut target: W, rate: u32, channels: usize, format: WavFormat) -> Result<Self, KernelError> {
        let header = header(rate, channels, format)?;
        target.write_all(&header).map_err(|error| unwritable(&error))?;
        Ok(Self { target, format, rate, channels, written: 0 })
    }

    /// Go on with a file of which `length` bytes are there, its header among them; the target stands behind them.
    ///
    /// # Errors
    ///
    /// `RM616`: so many bytes are no header and whole frames.
    pub fn resume(target: W, rate: u32, channels: usize, format: WavFormat, length: u64) -> Result<Self, KernelError> {
        let written = length.checked_sub(HEADER as u64);
        match written.filter(|it| channels > 0 && it.is_multiple_of((channels * format.size()) as u64)) {
            Some(written) => Ok(Self { target, format, rate, channels, written }),
            None => Err(KernelError::output(format!("expected a header and whole frames, got {length} bytes"))),
        }
    }

    /// Samples per second.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Where it is written.
    pub fn target(&mut self) -> &mut W {
        &mut self.target
    }

    /// Append a block.
    ///
    /// # Errors
    ///
    /// `RM616`: the target cannot be written, the block has another number of channels, or the file exceeds 4 GiB.
    pub fn write(&mut self, block: Planes<'_>) -> Result<(), KernelError> {
        if block.channels() != self.channels {
            let message = format!("expected {} channels, got {}", self.channels, block.channels());
            return Err(KernelError::output(message));
        }
        let mut bytes = Vec::with_capacity(block.samples().len() * self.format.size());
        for frame in 0..block.frames() {
            for channel in 0..self.channels {
                let sample = block.plane(channel)[frame];
                match self.format {
                    WavFormat::F32 => bytes.extend_from_slice(&sample.to_le_bytes()),
                    WavFormat::I16 => bytes.extend_from_slice(&i16_from_f32(sample).to_le_bytes()),
                }
            }
        }
        self.written += bytes.len() as u64;
        if self.written > MAX_DATA {
            return Err(KernelError::output("expected at most 4 GiB in a wav file, got more"));
        }
        self.target.write_all(&bytes).map_err(|error| unwritable(&error))
    }

    /// Put the header right, flush, and give the target back.
    ///
    /// # Errors
    ///
    /// `RM616`: the target cannot be written.
    pub fn finish(mut self) -> Result<W, KernelError> {
        let data = u32::try_from(self.written).unwrap_or(u32::MAX);
        let frames = data / u32::try_from(self.channels * self.format.size()).unwrap_or(u32::MAX);
        // A chunk of odd length would need a byte of padding; samples of two and four bytes never make one.
        let riff = data + u32::try_from(HEADER).unwrap_or(0) - 8;
        for (offset, value) in [(4, riff), (46, frames), (54, data)] {
            self.target
                .seek(SeekFrom::Start(offset))
                .and_then(|_| self.target.write_all(&value.to_le_bytes()))
                .map_err(|error| unwritable(&error))?;
        }
        self.target.seek(SeekFrom::End(0)).and_then(|_| self.target.flush()).map_err(|error| unwritable(&error))?;
        Ok(self.target)
    }
}

impl WavFormat {
    fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::I16 => 2,
        }
    }

    /// Format tag of the `fmt ` chunk.
    fn tag(self) -> u16 {
        match self {
            Self::I16 => 1,
            Self::F32 => 3,
        }
    }
}

fn header(rate: u32, channels: usize, format: WavFormat) -> Result<Vec<u8>, KernelError> {
    let too_many = || KernelError::output(format!("expected at most 8191 channels at most 768 kHz, got {channels}"));
    let frame = u16::try_from(channels * format.size()).map_err(|_| too_many())?;
    let count = u16::try_from(channels).map_err(|_| too_many())?;
    let second = rate.checked_mul(u32::from(frame)).ok_or_else(too_many)?;
    let bits = u16::try_from(format.size() * 8).map_err(|_| too_many())?;
    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&u32::MAX.to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&18_u32.to_le_bytes());
    header.extend_from_slice(&format.tag().to_le_bytes());
    header.extend_from_slice(&count.to_le_bytes());
    header.extend_from_slice(&rate.to_le_bytes());
    header.extend_from_slice(&second.to_le_bytes());
    header.extend_from_slice(&frame.to_le_bytes());
    header.extend_from_slice(&bits.to_le_bytes());
    // No extension of the format; its length is required of what is not PCM.
    header.extend_from_slice(&0_u16.to_le_bytes());
    header.extend_from_slice(b"fact");
    header.extend_from_slice(&4_u32.to_le_bytes());
    header.extend_from_slice(&u32::MAX.to_le_bytes());
    header.extend_from_slice(b"data");
    header.extend_from_slice(&u32::MAX.to_le_bytes());
    Ok(header)
}

fn unwritable(error: &std::io::Error) -> KernelError {
    KernelError::output(format!("expected a writable file: {error}"))
}
