//! Packets to a file or to stdout.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use remotemedia_kernels::{Planes, WavFormat, WavWriter};
use remotemedia_packet::{Body, Packet, jsonl};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Where a run's packets go. A file appears under its name only when the run has ended well.
pub(crate) enum Output {
    /// One value a line, each written out at once so that a reader in a pipe sees it.
    Stdout { packets: bool },
    /// One value a line.
    Lines { file: BufWriter<File>, place: Place, packets: bool },
    /// Sound; opened by the first packet, which tells rate and channels.
    Wav { writer: Option<WavWriter<BufWriter<File>>>, place: Place },
}

/// A file under construction and the name it will have.
pub(crate) struct Place {
    partial: PathBuf,
    path: PathBuf,
    /// Whether it stays where the run does not end well, because a checkpoint may stand on it.
    stays: bool,
}

/// What has been written of an output, durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    /// The file under construction.
    pub(crate) part: PathBuf,
    /// Its length; 0 where there is none yet.
    bytes: u64,
    /// Rate and channels of sound.
    sound: Option<(u32, usize)>,
}

impl Output {
    /// `.wav` gives sound, any other name JSON lines; without a path they go to stdout.
    pub(crate) fn open(path: Option<&Path>, packets: bool) -> Result<Self, Failure> {
        let Some(path) = path.filter(|it| it.as_os_str() != "-") else { return Ok(Self::Stdout { packets }) };
        let place = Place { partial: Self::part(path, None), path: path.to_owned(), stays: false };
        Self::create(place, packets)
    }

    /// The same with the file under construction under a name of its own.
    pub(crate) fn open_as(path: &Path, part: PathBuf, packets: bool) -> Result<Self, Failure> {
        Self::create(Place { partial: part, path: path.to_owned(), stays: false }, packets)
    }

    /// Go on behind what was written before: it is copied, so that no other file changes.
    pub(crate) fn resume(path: &Path, part: PathBuf, packets: bool, written: &Written) -> Result<Self, Failure> {
        let place = Place { partial: part, path: path.to_owned(), stays: false };
        if written.bytes == 0 {
            return Self::create(place, packets);
        }
        let file = place.copy(written)?;
        match written.sound {
            Some((rate, channels)) => {
                let writer = WavWriter::resume(file, rate, channels, WavFormat::I16, written.bytes);
                Ok(Self::Wav { writer: Some(writer.map_err(|e| place.unwritable(&e))?), place })
            }
            None => Ok(Self::Lines { file, place, packets }),
        }
    }

    fn create(place: Place, packets: bool) -> Result<Self, Failure> {
        if place.path.extension().is_some_and(|it| it.eq_ignore_ascii_case("wav")) {
            return Ok(Self::Wav { writer: None, place });
        }
        Ok(Self::Lines { file: place.create()?, place, packets })
    }

    /// Name of the file under construction; of several executors that go on with one run each has its own.
    pub(crate) fn part(path: &Path, epoch: Option<u64>) -> PathBuf {
        let mut part = std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).into_os_string();
        part.push(epoch.map_or_else(|| ".part".to_owned(), |it| format!(".part-{it}")));
        part.into()
    }

    /// Write one packet.
    pub(crate) fn write(&mut self, packet: &Packet) -> Result<(), Failure> {
        match self {
            Self::Stdout { packets } => {
                let mut line = jsonl::to_line(packet, *packets).map_err(Failure::from)?;
                line.push('\n');
                let mut out = std::io::stdout().lock();
                out.write_all(line.as_bytes()).and_then(|()| out.flush()).map_err(|e| unwritable("stdout", &e))
            }
            Self::Lines { file, place, packets } => {
                let line = jsonl::to_line(packet, *packets).map_err(Failure::from)?;
                writeln!(file, "{line}").map_err(|e| place.unwritable(&e))
            }
            Self::Wav { writer, place } => {
                let Body::Audio(audio) = &packet.body else {
                    let got = packet.summary();
                    let hint = "name an output that does not end in `.wav` to get JSON lines";
                    return Err(
                        Failure::new("RM616", format!("expected audio for a wav file, got {got}")).with_hint(hint)
                    );
                };
                let channels = usize::from(audio.channels);
                let writer = match writer {
                    Some(writer) => writer,
                    None => {
                        let opened = WavWriter::new(place.create()?, audio.rate, channels, WavFormat::I16);
                        writer.insert(opened.map_err(|e| place.unwritable(&e))?)
                    }
                };
                writer.write(Planes::new(&audio.as_f32_planar(), channels)).map_err(|e| place.unwritable(&e))
            }
        }
    }

    /// Put everything that was written on the disk; how much that is.
    pub(crate) fn durable(&mut self) -> Result<Written, Failure> {
        match self {
            Self::Stdout { .. } => Err(unwritable("stdout", &"what went to a pipe cannot be taken back")),
            Self::Lines { file, place, .. } => place.written(file, None),
            Self::Wav { writer: None, place } => Ok(Written { part: place.partial.clone(), bytes: 0, sound: None }),
            Self::Wav { writer: Some(writer), place } => {
                let sound = Some((writer.rate(), writer.channels()));
                place.written(writer.target(), sound)
            }
        }
    }

    /// All was written: give the file its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout { .. } => Ok(()),
            Self::Lines { mut file, place, .. } => {
                file.flush().map_err(|e| place.unwritable(&e))?;
                Self::publish(&place.partial, &place.path)
            }
            Self::Wav { writer, place } => {
                let writer = writer.ok_or_else(|| place.silent())?;
                writer.finish().map_err(|e| place.unwritable(&e))?;
                Self::publish(&place.partial, &place.path)
            }
        }
    }

    /// All was written: put it on the disk as it is to be; it has no name yet.
    pub(crate) fn close(mut self) -> Result<Written, Failure> {
        match self {
            Self::Wav { writer, mut place } => {
                let mut file = writer.ok_or_else(|| place.silent())?.finish().map_err(|e| place.unwritable(&e))?;
                place.written(&mut file, None)
            }
            _ => self.durable(),
        }
    }

    /// Give a file that is whole its name, if it does not have it yet.
    pub(crate) fn publish(part: &Path, path: &Path) -> Result<(), Failure> {
        let name = path.display().to_string();
        match std::fs::rename(part, path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && path.is_file() => Ok(()),
            renamed => renamed.map_err(|e| unwritable(&name, &e)),
        }
    }

    /// Remove a file under construction that nothing stands on any more.
    pub(crate) fn forget(part: &Path) {
        // It may be gone already, and if it is not, it does no harm.
        let _ = std::fs::remove_file(part);
    }
}

impl Place {
    fn create(&self) -> Result<BufWriter<File>, Failure> {
        File::create(&self.partial).map(BufWriter::new).map_err(|e| self.unwritable(&e))
    }

    /// A copy of what was written, to go on behind.
    fn copy(&self, written: &Written) -> Result<BufWriter<File>, Failure> {
        let copy = || {
            let mut file = File::create(&self.partial)?;
            let copied = std::io::copy(&mut File::open(&written.part)?.take(written.bytes), &mut file)?;
            file.seek(SeekFrom::End(0))?;
            Ok((file, copied))
        };
        let (file, copied) = copy().map_err(|e: std::io::Error| self.unwritable(&e))?;
        if copied != written.bytes {
            let message =
                format!("expected {} bytes of output in `{}`, got {copied}", written.bytes, written.part.display());
            return Err(Failure::new("RM623", message));
        }
        Ok(BufWriter::new(file))
    }

    fn written(&mut self, file: &mut BufWriter<File>, sound: Option<(u32, usize)>) -> Result<Written, Failure> {
        let mut length = || {
            file.flush()?;
            file.get_ref().sync_data()?;
            file.stream_position()
        };
        let bytes = length().map_err(|e| self.unwritable(&e))?;
        self.stays = true;
        Ok(Written { part: self.partial.clone(), bytes, sound })
    }

    fn silent(&self) -> Failure {
        Failure::new("RM616", format!("`{}` was not written: the run gave no sound", self.path.display()))
    }

    fn unwritable(&self, why: &dyn std::fmt::Display) -> Failure {
        unwritable(&self.path.display().to_string(), why)
    }
}

impl Drop for Place {
    /// What was not published is of no use to anybody, unless a run can go on with it.
    fn drop(&mut self) {
        if !self.stays {
            Output::forget(&self.partial);
        }
    }
}

fn unwritable(name: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::new("RM616", format!("`{name}` cannot be written: {why}"))
}
