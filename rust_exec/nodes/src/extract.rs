//! `ExtractAudioDataNode`: the samples alone.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_packet::{Body, Dtype, Packet, SampleFormat, Tensor};

use crate::samples::planar;

struct ExtractAudioDataNode;

pub(crate) fn make(_spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    Ok(Box::new(ExtractAudioDataNode))
}

impl NodeInstance for ExtractAudioDataNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        // The class gives None for what is no sound, and None is no packet.
        if let Body::Audio(audio) = &packet.body {
            let dtype = match audio.format {
                SampleFormat::F32 => Dtype::F32,
                SampleFormat::I16 => Dtype::I16,
                SampleFormat::I32 => Dtype::I32,
            };
            let data = planar(audio)?.data;
            let shape = vec![(data.len() / audio.format.size()) as u64];
            out.push(packet.with_body(Body::Tensor(Tensor { dtype, shape, data })));
        }
        Ok(More::No)
    }
}
