//! Packets to a file or to stdout.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use remotemedia_kernels::{Planes, WavFormat, WavWriter};
use remotemedia_packet::{Body, Packet, jsonl};

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
}

impl Output {
    /// `.wav` gives sound, any other name JSON lines; without a path they go to stdout.
    pub(crate) fn open(path: Option<&Path>, packets: bool) -> Result<Self, Failure> {
        let Some(path) = path.filter(|it| it.as_os_str() != "-") else { return Ok(Self::Stdout { packets }) };
        let mut partial = path.as_os_str().to_owned();
        partial.push(".part");
        let place = Place { partial: partial.into(), path: path.to_owned() };
        if path.extension().is_some_and(|it| it.eq_ignore_ascii_case("wav")) {
            return Ok(Self::Wav { writer: None, place });
        }
        Ok(Self::Lines { file: place.create()?, place, packets })
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

    /// All was written: give the file its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout { .. } => Ok(()),
            Self::Lines { mut file, place, .. } => {
                file.flush().map_err(|e| place.unwritable(&e))?;
                place.publish()
            }
            Self::Wav { writer: Some(writer), place } => {
                writer.finish().map_err(|e| place.unwritable(&e))?;
                place.publish()
            }
            Self::Wav { writer: None, place } => {
                Err(Failure::new("RM616", format!("`{}` was not written: the run gave no sound", place.path.display())))
            }
        }
    }
}

impl Place {
    fn create(&self) -> Result<BufWriter<File>, Failure> {
        File::create(&self.partial).map(BufWriter::new).map_err(|e| self.unwritable(&e))
    }

    fn publish(&self) -> Result<(), Failure> {
        std::fs::rename(&self.partial, &self.path).map_err(|e| self.unwritable(&e))
    }

    fn unwritable(&self, why: &dyn std::fmt::Display) -> Failure {
        unwritable(&self.path.display().to_string(), why)
    }
}

impl Drop for Place {
    /// What was not published is of no use to anybody.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.partial);
    }
}

fn unwritable(name: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::new("RM616", format!("`{name}` cannot be written: {why}"))
}
