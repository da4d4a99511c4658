//! `AudioSource`: sound from a file, or the run's own.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{Decoder, saved};
use remotemedia_manifest::Reference;
use remotemedia_packet::Packet;
use serde_json::Value;

use crate::access::readable;
use crate::params::Params;
use crate::samples::audio;
use crate::sound::Sound;
use crate::state::restored;

struct AudioSource {
    /// `None` where the run's input is read.
    file: Option<Sound>,
    /// Whether a microphone was to be heard, had the run no input, and none came yet.
    wants_device: bool,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    let (_, path) = params.value("path")?;
    let file = match (path, Reference::of(path)) {
        (Value::Null, _) => None,
        (Value::String(path), _) => {
            let file = readable(spec, path)?;
            Some(Sound::open(path, || Decoder::open(&file))?)
        }
        (_, Some(Reference::File(path))) => Some(project_file(spec, path)?),
        _ => return Err(params.refuse("path", "a file of the project or an absolute path", path)),
    };
    let wants_device = file.is_none() && params.text("device")?.is_some();
    Ok(Box::new(AudioSource { file, wants_device }))
}

fn project_file(spec: &NodeSpec, path: &str) -> Result<Sound, NodeFailure> {
    match spec.files.local_path(path) {
        Some(local) => Sound::open(path, || Decoder::open(&local)),
        None => {
            let bytes = spec.files.read(path)?;
            Sound::open(path, || Decoder::from_bytes(bytes))
        }
    }
}

impl NodeInstance for AudioSource {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        if self.file.is_some() {
            let message = format!("expected no input beside the source's own file, got {}", packet.summary());
            return Err(NodeFailure::new("RM606", message));
        }
        audio(&packet)?;
        self.wants_device = false;
        out.push(packet);
        Ok(More::No)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let Some(file) = &mut self.file else {
            return Ok(More::No);
        };
        for _ in 0..max {
            match file.next() {
                Some(packet) => out.push(packet?),
                None => return Ok(More::No),
            }
        }
        Ok(More::Yes)
    }

    fn flush(&mut self, _out: &mut Outputs) -> Result<More, NodeFailure> {
        if self.wants_device {
            let message = "expected input, got none: the engine hears no microphone";
            return Err(NodeFailure::new("RM612", message).with_hint("give the run sound with `--input`"));
        }
        Ok(More::No)
    }

    /// Packets given of the file, and whether a microphone is still wanted.
    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(Some(saved(&(self.file.as_ref().map(Sound::packets), self.wants_device))))
    }

    /// A decoder goes on exactly only where it has decoded what stands before, so that is done and thrown away.
    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        let (packets, wants_device): (Option<u64>, bool) = restored(state)?;
        self.wants_device = wants_device;
        if let (Some(file), Some(packets)) = (&mut self.file, packets) {
            file.skip_to(packets)?;
        }
        Ok(())
    }

    fn is_source(&self) -> bool {
        self.file.is_some()
    }
}
