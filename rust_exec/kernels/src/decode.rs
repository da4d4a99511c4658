//! Files of sound: wav, flac, mp3 and ogg vorbis, decoded in a stream of blocks.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;

use crate::error::KernelError;
use crate::pcm::Pcm;
use crate::planar::{MAX_CHANNELS, MAX_RATE, MIN_RATE, Planar};

/// Reads one file of sound; its kind is found by its content, not its name.
pub struct Decoder {
    format: Box<dyn FormatReader>,
    codec: Box<dyn AudioDecoder>,
    /// What reads the samples in the place of the codec.
    pcm: Option<Pcm>,
    track: u32,
    rate: u32,
    channels: usize,
    /// The first block, decoded when the file was opened because some formats tell rate and channels only there.
    first: Option<Planar>,
}

impl Decoder {
    /// Open a file.
    ///
    /// # Errors
    ///
    /// `RM612`: the file cannot be opened, is of another kind, or its beginning is malformed.
    pub fn open(path: &Path) -> Result<Self, KernelError> {
        let file = File::open(path)
            .map_err(|error| KernelError::input(format!("expected a readable file `{}`: {error}", path.display())))?;
        Self::from_source(Box::new(file))
    }

    /// Read a file that is in memory already.
    ///
    /// # Errors
    ///
    /// `RM612`: the bytes are of another kind, or their beginning is malformed.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, KernelError> {
        Self::from_source(Box::new(Cursor::new(bytes)))
    }

    /// Read from a stream that cannot be wound back, such as a pipe.
    ///
    /// # Errors
    ///
    /// As [`Decoder::from_bytes`].
    pub fn from_reader(reader: impl Read + Send + Sync + 'static) -> Result<Self, KernelError> {
        Self::from_source(Box::new(ReadOnlySource::new(reader)))
    }

    fn from_source(source: Box<dyn MediaSource>) -> Result<Self, KernelError> {
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let format = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|error| unreadable(&error))?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| KernelError::input("expected a track of sound, got a file without one"))?;
        let id = track.id;
        let codec = track
            .codec_params
            .as_ref()
            .and_then(|it| it.audio())
            .ok_or_else(|| KernelError::input("expected a track of sound with a known codec"))?;
        let pcm = Pcm::of(codec);
        let codec = symphonia::default::get_codecs()
            .make_audio_decoder(codec, &AudioDecoderOptions::default())
            .map_err(|error| unreadable(&error))?;
        let mut decoder = Self { format, codec, pcm, track: id, rate: 0, channels: 0, first: None };
        decoder.first = decoder.decode()?;
        if decoder.first.is_none() {
            decoder.take_declared()?;
        }
        Ok(decoder)
    }

    /// Samples per second, in Hz.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The next block; `None` at the end of the file. Blocks are as long as the format's packets, and never empty.
    ///
    /// # Errors
    ///
    /// `RM612`: the file is malformed here, ends too early, or changes rate or channels.
    pub fn next_block(&mut self) -> Result<Option<Planar>, KernelError> {
        match self.first.take() {
            Some(block) => Ok(Some(block)),
            None => self.decode(),
        }
    }

    fn decode(&mut self) -> Result<Option<Planar>, KernelError> {
        loop {
            let Some(packet) = self.format.next_packet().map_err(|error| malformed(&error))? else {
                return Ok(None);
            };
            if packet.track_id != self.track {
                continue;
            }
            if let Some(pcm) = self.pcm.filter(|_| packet.trim_start.get() == 0 && packet.trim_end.get() == 0) {
                let block = pcm.planar(&packet.data);
                if block.frames() == 0 {
                    continue;
                }
                self.expect(pcm.rate, pcm.channels)?;
                return Ok(Some(block));
            }
            let block = self.codec.decode(&packet).map_err(|error| malformed(&error))?;
            if block.frames() == 0 {
                continue;
            }
            let (rate, channels) = (block.spec().rate(), block.num_planes());
            let mut planes: Vec<Vec<f32>> = Vec::new();
            block.copy_to_vecs_planar(&mut planes);
            self.expect(rate, channels)?;
            return Ok(Some(Planar::from_planes(&planes)));
        }
    }

    /// Rate and channels of a file without any frame.
    fn take_declared(&mut self) -> Result<(), KernelError> {
        let declared = self.codec.codec_params();
        let rate = declared.sample_rate.unwrap_or(0);
        let channels = declared.channels.as_ref().map_or(0, Channels::count);
        self.expect(rate, channels)
    }

    /// Check rate and channels against the bounds the first time, and against the first time afterwards.
    fn expect(&mut self, rate: u32, channels: usize) -> Result<(), KernelError> {
        if self.channels == 0 {
            if !(MIN_RATE..=MAX_RATE).contains(&rate) {
                let message = format!("expected a sample rate of {MIN_RATE} to {MAX_RATE} Hz, got {rate}");
                return Err(KernelError::input(message));
            }
            if !(1..=MAX_CHANNELS).contains(&channels) {
                return Err(KernelError::input(format!("expected 1 to {MAX_CHANNELS} channels, got {channels}")));
            }
            (self.rate, self.channels) = (rate, channels);
        }
        if (rate, channels) != (self.rate, self.channels) {
            return Err(KernelError::input(format!(
                "expected {} Hz and {} channels to the end of the file, got {rate} Hz and {channels} channels",
                self.rate, self.channels
            )));
        }
        Ok(())
    }
}

fn unreadable(error: &Error) -> KernelError {
    KernelError::input(format!("expected wav, flac, mp3 or ogg vorbis, got {}", got(error)))
}

fn malformed(error: &Error) -> KernelError {
    KernelError::input(format!("expected sound as long as the file says, got {}", got(error)))
}

fn got(error: &Error) -> String {
    match error {
        Error::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => "the end of the file".to_owned(),
        other => other.to_string(),
    }
}
