//! A node's native program in Rust, a noise gate: sound that stays quieter than `threshold` for longer than `hold` seconds
//! becomes silence. How it gets into a package is said in `docs/reference/programs.md`.
//!
//! ```text
//! cargo build --release -p remotemedia-child --example gate
//! ```

use remotemedia_child::author::packet::{Audio, Body, Layout, SampleFormat};
use remotemedia_child::author::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, Packet, PortId, run};
use serde_json::Value;

const HOLD_SECONDS: f64 = 0.2;

fn main() -> std::io::Result<()> {
    run(Gate::make)
}

struct Gate {
    /// Root of the mean square of a packet's samples, full scale being 1.
    threshold: f64,
    /// Seconds that the gate stays open behind the last loud packet.
    hold: f64,
    /// Seconds that it still is open.
    left: f64,
}

impl Gate {
    fn make(spec: &NodeSpec) -> Result<Self, NodeFailure> {
        let number = |name: &str| spec.params.get(name).and_then(Value::as_f64);
        let missing = || NodeFailure::new("RM211", "expected a number as `threshold`, got none");
        let hold = number("hold").unwrap_or(HOLD_SECONDS);
        Ok(Self { threshold: number("threshold").ok_or_else(missing)?, hold, left: 0.0 })
    }

    /// Whether a packet of this sound goes on.
    fn is_open(&mut self, audio: &Audio) -> bool {
        let samples = audio.data.as_chunks::<4>().0;
        let energy: f64 = samples.iter().map(|it| f64::from(f32::from_le_bytes(*it)).powi(2)).sum();
        let is_loud = (energy / samples.len().max(1) as f64).sqrt() >= self.threshold;
        let is_open = is_loud || self.left > 0.0;
        let seconds = samples.len() as f64 / f64::from(audio.channels.max(1)) / f64::from(audio.rate.max(1));
        self.left = if is_loud { self.hold } else { (self.left - seconds).max(0.0) };
        is_open
    }
}

impl NodeInstance for Gate {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = match &packet.body {
            Body::Audio(audio) if audio.format == SampleFormat::F32 && audio.layout == Layout::Planar => audio.clone(),
            _ => return Err(NodeFailure::new("RM606", "expected sound of float samples")),
        };
        if self.is_open(&audio) {
            out.push(packet);
        } else {
            let data = vec![0; audio.data.len()].into();
            out.push(packet.with_body(Body::Audio(Audio { data, ..audio })));
        }
        Ok(More::No)
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        match (name, value.as_f64()) {
            ("threshold", Some(value)) => self.threshold = value,
            ("threshold", None) => return Err(NodeFailure::new("RM211", "expected a number as `threshold`")),
            _ => {
                return Err(NodeFailure::new(
                    "RM619",
                    "expected `threshold`: nothing else can change while the node runs",
                ));
            }
        }
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(Some([self.threshold, self.left].map(f64::to_le_bytes).concat()))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        let ([threshold, left], []) = state.as_chunks::<8>() else {
            return Err(NodeFailure::new("RM602", "expected a state of 16 bytes"));
        };
        (self.threshold, self.left) = (f64::from_le_bytes(*threshold), f64::from_le_bytes(*left));
        Ok(())
    }
}
