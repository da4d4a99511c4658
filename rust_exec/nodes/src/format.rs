//! `FormatConverterNode`: the type of the samples.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{SampleType, convert};
use remotemedia_packet::{Audio, Body, Packet, SampleFormat};

use crate::params::Params;
use crate::samples::{audio, whole, with_sound};

struct FormatConverterNode {
    format: SampleFormat,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    params.string("runtime_hint")?;
    let format = match params.string("target_format")? {
        "i16" => SampleFormat::I16,
        "i32" => SampleFormat::I32,
        _ => SampleFormat::F32,
    };
    Ok(Box::new(FormatConverterNode { format }))
}

impl NodeInstance for FormatConverterNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = whole(audio(&packet)?)?;
        if audio.format == self.format {
            out.push(packet);
            return Ok(More::No);
        }
        let data = convert(&audio.data, sample_type(audio.format), sample_type(self.format)).into();
        let converted = Audio { format: self.format, data, ..*audio };
        out.push(with_sound(&packet, Body::Audio(converted)));
        Ok(More::No)
    }
}

fn sample_type(format: SampleFormat) -> SampleType {
    match format {
        SampleFormat::F32 => SampleType::F32,
        SampleFormat::I16 => SampleType::I16,
        SampleFormat::I32 => SampleType::I32,
    }
}
