//! `AudioMixNode`: the number of channels.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::mix;
use remotemedia_packet::{Layout, Packet, SampleFormat};
use serde_json::Value;

use crate::params::{Params, live_number};
use crate::samples::{audio, body, planes, samples, with_sound};

struct AudioMixNode {
    channels: usize,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    Ok(Box::new(AudioMixNode { channels: Params::of(spec).required_integer("channels")? }))
}

impl NodeInstance for AudioMixNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = audio(&packet)?;
        let is_done = usize::from(audio.channels) == self.channels
            && audio.format == SampleFormat::F32
            && (audio.layout == Layout::Planar || self.channels == 1);
        let samples = samples(audio)?;
        if is_done {
            drop(samples);
            out.push(packet);
        } else {
            let mixed = body(mix(planes(&samples, audio), self.channels), audio.rate);
            out.push(with_sound(&packet, mixed));
        }
        Ok(More::No)
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        self.channels = live_number("AudioMixNode", ("channels", name), value)? as usize;
        Ok(())
    }
}
