//! A child whose node does what its class name says.
#![allow(clippy::unwrap_used, reason = "a test's program")]

use std::process::{abort, exit};
use std::thread::sleep;
use std::time::Duration;

use remotemedia_child::serve;
use remotemedia_engine::{
    LogLevel, LogRecord, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs, PortId,
};
use remotemedia_manifest::RuntimeKind;
use remotemedia_packet::{Body, Packet};
use serde_json::Value;

struct Runtime;

impl NodeRuntime for Runtime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Onnx
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        match spec.node_type.as_str() {
            "Unmade" => return Err(NodeFailure::new("RM608", "expected a model, got none").with_hint("give one")),
            "LoopInMake" => forever(),
            _ => {}
        }
        Ok(Box::new(Node { spec: spec.clone(), left: 0, count: 0, gain: 1.0 }))
    }
}

struct Node {
    spec: NodeSpec,
    left: u64,
    count: u64,
    gain: f64,
}

impl Node {
    fn say(&self, message: &str) {
        let place = Some(("node.py", 7));
        self.spec.log.log(&LogRecord { node: &self.spec.id, level: LogLevel::Info, message, place });
    }
}

impl NodeInstance for Node {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.count += 1;
        match self.spec.node_type.as_str() {
            "Hang" => forever(),
            "Sleep" => sleep(Duration::from_secs(1000)),
            "Abort" => abort(),
            "Exit" => exit(0),
            "Panic" => panic!("so it is"),
            "Bomb" => bomb(),
            "Odd" if self.count.is_multiple_of(2) => return Err(NodeFailure::new("RM602", "expected odd, got even")),
            "File" => {
                let text = String::from_utf8(self.spec.files.read("a.txt")?).unwrap();
                out.push(Packet::new(Body::Text(text.into())));
                self.spec.files.read("no.txt")?;
            }
            "Flood" => (0..100_000).for_each(|_| self.say("\x1b[2Jagain and again and again")),
            "Huge" => out.push(Packet::new(Body::Bytes(vec![0; 8 << 20].into()))),
            "Many" => {
                self.left = 100;
                return self.pull(10, out);
            }
            "Endless" => {
                self.left = u64::MAX;
                return self.pull(10, out);
            }
            "Port" => out.push_to(9, packet),
            _ => out.push_to(port, packet),
        }
        Ok(More::No)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let now = self.left.min(max.min(10) as u64);
        (0..now).for_each(|it| out.push(Packet::new(Body::Text(format!("{}", self.left - it).into()))));
        self.left -= now;
        Ok(if self.left > 0 { More::Yes } else { More::No })
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        out.push(Packet::new(Body::Text(format!("{} packets at {}", self.count, self.gain).into())));
        Ok(More::No)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(Some(match self.spec.node_type.as_str() {
            "Huge" => vec![0; 8 << 20],
            _ => self.count.to_le_bytes().to_vec(),
        }))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        let bytes = state.try_into().map_err(|_| NodeFailure::new("RM602", "expected eight bytes"))?;
        self.count = u64::from_le_bytes(bytes);
        Ok(())
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        if name != "gain" {
            return Err(NodeFailure::new("RM619", format!("parameter `{name}` cannot change while the node runs")));
        }
        self.gain = value.as_f64().unwrap();
        Ok(())
    }

    fn is_source(&self) -> bool {
        self.spec.inputs.is_empty()
    }
}

fn forever() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn bomb() {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1_u8; 1 << 20]);
    }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("mute") => sleep(Duration::from_secs(1000)),
        Some("babble") => babble(b"hello, is it me you are looking for?"),
        Some("gone") => exit(3),
        _ => serve(&Runtime, std::io::stdin(), std::io::stdout()).unwrap(),
    }
}

fn babble(text: &[u8]) {
    std::io::Write::write_all(&mut std::io::stdout(), text).unwrap();
}
