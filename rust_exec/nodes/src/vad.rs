//! `VADNode`: how many stretches of a packet are louder than a fixed threshold.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{activity, stretch};
use remotemedia_packet::Packet;
use serde_json::Value;

use crate::meta::with;
use crate::params::{Params, live_number};
use crate::samples::{audio, planes, samples};

/// What is said of sound.
const FACTS: [&str; 3] = ["is_speech", "speech_frames", "total_frames"];

struct VadNode {
    milliseconds: u32,
    threshold: f64,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    params.string("runtime_hint")?;
    let (milliseconds, threshold) = (params.required_u32("frame_duration_ms")?, params.number("energy_threshold")?);
    Ok(Box::new(VadNode { milliseconds, threshold }))
}

impl NodeInstance for VadNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = audio(&packet)?;
        let samples = samples(audio)?;
        let found = activity(planes(&samples, audio), stretch(audio.rate, self.milliseconds), self.threshold);
        drop(samples);
        let (speech, total) = (found.speech, found.total);
        let facts = format!(r#""is_speech":{},"speech_frames":{speech},"total_frames":{total}"#, speech > 0);
        let meta = Some(with(packet.meta.as_deref(), &FACTS, &facts).into());
        out.push(Packet { meta, ..packet });
        Ok(More::No)
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        self.threshold = live_number("VADNode", ("energy_threshold", name), value)?;
        Ok(())
    }
}
