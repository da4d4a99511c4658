//! `PassThroughNode`: every packet as it is.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_packet::Packet;

struct PassThroughNode;

pub(crate) fn make(_spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    Ok(Box::new(PassThroughNode))
}

impl NodeInstance for PassThroughNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        out.push(packet);
        Ok(More::No)
    }
}
