//! Which native nodes there are.

use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::RuntimeKind;
use remotemedia_manifest::table::{self, COMMON_PARAMS};

use crate::params::Params;
use crate::{
    arithmetic, buffer, calculator, converter, detector, extract, format, gain, gate, gather, mix, pass_through,
    resample, source, text_processor, transform, vad, window,
};

type Make = fn(&NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure>;

/// Class name and constructor of every node.
const NODES: &[(&str, Make)] = &[
    ("AddNode", arithmetic::make_add),
    ("AudioBuffer", buffer::make),
    ("AudioGainNode", gain::make),
    ("AudioGateNode", gate::make),
    ("AudioMixNode", mix::make),
    ("AudioResampleNode", resample::make),
    ("AudioResampler", resample::make_plain),
    ("AudioSource", source::make),
    ("AudioTransform", resample::make_transform),
    ("AudioWindowNode", window::make),
    ("BufferNode", gather::make),
    ("CalculatorNode", calculator::make),
    ("DataTransform", transform::make_data),
    ("ExtractAudioDataNode", extract::make),
    ("FormatConverter", converter::make),
    ("FormatConverterNode", format::make),
    ("MultiplyNode", arithmetic::make_multiply),
    ("PassThroughNode", pass_through::make),
    ("RustNode", by_name),
    ("TextProcessorNode", text_processor::make),
    ("TextTransformNode", transform::make_text),
    ("VADNode", vad::make),
    ("VoiceActivityDetector", detector::make),
];

/// Makes the nodes that are written in Rust.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeRuntime;

impl NodeRuntime for NativeRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Native
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        match NODES.iter().find(|(name, _)| *name == spec.node_type) {
            Some((_, make)) => make(spec),
            None => {
                let names: Vec<&str> = NODES.iter().map(|(name, _)| *name).collect();
                let message = format!("expected a native node ({}), got `{}`", names.join(", "), spec.node_type);
                Err(NodeFailure::new("RM610", message))
            }
        }
    }
}

/// `RustNode`: the node of this registry that it names, with all other parameters.
fn by_name(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let name = Params::of(spec).string("node")?;
    let Some(node_type) = table::node_type(name).filter(|it| it.name != spec.node_type) else {
        return Err(NodeFailure::new("RM610", format!("expected the name of a native node for `node`, got `{name}`")));
    };
    let mut params = spec.params.clone();
    params.remove("node");
    for param in params.keys() {
        if node_type.param(param).is_none() && !COMMON_PARAMS.contains(&param.as_str()) {
            return Err(NodeFailure::new("RM211", format!("expected a parameter of `{name}`, got `{param}`")));
        }
    }
    NativeRuntime.instantiate(&NodeSpec { node_type: name.to_owned(), params, ..spec.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_and_the_table_have_the_same_nodes() {
        let native = table::node_types().iter().filter(|it| it.kinds.contains(&RuntimeKind::Native));
        let mut of_table: Vec<&str> = native.map(|it| it.name.as_str()).collect();
        let mut registered: Vec<&str> = NODES.iter().map(|(name, _)| *name).collect();
        of_table.sort_unstable();
        registered.sort_unstable();
        assert_eq!(registered, of_table);
    }
}
