//! Several workers of one node: its packets are shared out, and what comes of them keeps their order.

use std::collections::VecDeque;

use remotemedia_engine::{More, NodeFailure, NodeInstance, Outputs, PortId};
use remotemedia_packet::Packet;
use serde_json::Value;

use crate::python::PythonNode;

/// A node that keeps nothing from one packet to the next, in several processes.
pub(crate) struct Pool {
    workers: Vec<PythonNode>,
    /// The workers that have packets, in these packets' order.
    busy: VecDeque<usize>,
}

impl Pool {
    pub(crate) fn new(workers: Vec<PythonNode>) -> Self {
        Self { workers, busy: VecDeque::new() }
    }

    /// Take what comes of the first packets; the engine takes it before that of the next.
    fn go_on(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let Some(&first) = self.busy.front() else { return Ok(More::No) };
        if self.workers[first].pull(max, out)? == More::No {
            self.busy.pop_front();
        }
        Ok(if self.busy.is_empty() { More::No } else { More::Yes })
    }
}

impl NodeInstance for Pool {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.process_all(vec![(port, packet)], out)
    }

    fn process_all(&mut self, mut packets: Vec<(PortId, Packet)>, out: &mut Outputs) -> Result<More, NodeFailure> {
        let share = packets.len().div_ceil(self.workers.len()).max(1);
        for (index, worker) in self.workers.iter_mut().enumerate() {
            if packets.is_empty() {
                break;
            }
            let rest = packets.split_off(share.min(packets.len()));
            worker.begin(std::mem::replace(&mut packets, rest))?;
            self.busy.push_back(index);
        }
        self.go_on(usize::MAX, out)
    }

    fn in_hand(&mut self) -> Option<Packet> {
        let first = *self.busy.front()?;
        self.workers[first].in_hand()
    }

    fn goes_on(&self) -> bool {
        self.workers.iter().any(NodeInstance::goes_on)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.go_on(max, out)
    }

    /// What a node without state gives at the end does not depend on what it was given: one of them says it.
    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        let more = self.workers[0].flush(out)?;
        if more == More::Yes {
            self.busy.push_back(0);
        }
        Ok(more)
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        self.workers.iter_mut().try_for_each(|it| it.set_param(name, value))
    }

    fn close(&mut self) {
        self.workers.iter_mut().for_each(NodeInstance::close);
    }

    fn waits(&self) -> bool {
        true
    }
}
