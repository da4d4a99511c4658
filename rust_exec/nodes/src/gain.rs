//! `AudioGainNode`: how loud sound is.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::gain;
use remotemedia_packet::Packet;
use serde_json::Value;

use crate::params::{Params, live_number};
use crate::samples::{audio, body, planes, samples, with_sound};

struct AudioGainNode {
    db: f64,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    Ok(Box::new(AudioGainNode { db: Params::of(spec).number("gain_db")? }))
}

impl NodeInstance for AudioGainNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = audio(&packet)?;
        let louder = gain(planes(&samples(audio)?, audio), self.db);
        out.push(with_sound(&packet, body(louder, audio.rate)));
        Ok(More::No)
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        self.db = live_number("AudioGainNode", ("gain_db", name), value)?;
        Ok(())
    }
}
