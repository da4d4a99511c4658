//! A node in Rust, a noise gate: sound that stays quieter than `threshold` for longer than `hold` becomes silence.
//!
//! `generate!` makes the types and the trait `Guest` of `schemas/node.wit`; see build.sh. A panic would be a trap, after which
//! the node is gone; what it cannot take is a `Failure`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use exports::remotemedia::node::processor::{Emission, Failure, Guest, Packet};
use serde_json::Value;

wit_bindgen::generate!({ path: "../../schemas/node.wit", world: "node" });

const AUDIO: u32 = 1;
const HOLD_SECONDS: f64 = 0.2;

/// One instance of a component is one node, and its calls never overlap.
static GATE: Mutex<Gate> = Mutex::new(Gate { threshold: 0.0, hold: HOLD_SECONDS, left: 0.0 });

struct Gate {
    /// Root of the mean square of a packet's samples, full scale being 1.
    threshold: f64,
    /// Seconds that the gate stays open behind the last loud packet.
    hold: f64,
    /// Seconds that it still is open.
    left: f64,
}

impl Gate {
    /// Silence the samples, which are float32, if the gate is closed.
    fn pass(&mut self, data: &mut [u8], rate: f64, channels: usize) {
        let samples = data.as_chunks::<4>().0;
        let energy: f64 = samples.iter().map(|it| f64::from(f32::from_le_bytes(*it)).powi(2)).sum();
        let loudness = (energy / samples.len().max(1) as f64).sqrt();
        let is_open = loudness >= self.threshold || self.left > 0.0;
        let seconds = samples.len() as f64 / channels.max(1) as f64 / rate;
        self.left = if loudness >= self.threshold { self.hold } else { (self.left - seconds).max(0.0) };
        if !is_open {
            data.fill(0);
        }
    }
}

struct Component;

export!(Component);

impl Guest for Component {
    fn init(config: String) -> Result<(), Failure> {
        let config: Value = serde_json::from_str(&config).map_err(|error| failure("ValueError", "", error))?;
        let params = &config["params"];
        let threshold = params["threshold"].as_f64();
        let missing = || failure("MissingParameter", "RM211", "expected a number as `threshold`, got none");
        let mut gate = gate();
        gate.threshold = threshold.ok_or_else(missing)?;
        gate.hold = params["hold"].as_f64().unwrap_or(HOLD_SECONDS);
        Ok(())
    }

    fn process(mut packet: Packet) -> Result<Emission, Failure> {
        let (kind, head, data) = (packet.5, &packet.6, &mut packet.9);
        let head: Value = serde_json::from_str(head).unwrap_or_default();
        let (rate, channels) = (head["rate"].as_f64(), head["channels"].as_u64());
        match (rate, channels) {
            (Some(rate), Some(channels)) if kind == AUDIO && head["format"] == "f32" => {
                gate().pass(data, rate, channels as usize);
                Ok((vec![packet], false))
            }
            _ => Err(failure("TypeError", "RM606", "expected sound of float samples")),
        }
    }

    fn pull(_max: u32) -> Result<Emission, Failure> {
        Ok((Vec::new(), false))
    }

    fn flush() -> Result<Emission, Failure> {
        Ok((Vec::new(), false))
    }

    fn snapshot() -> Result<Vec<u8>, Failure> {
        let gate = gate();
        Ok([gate.threshold, gate.left].map(f64::to_le_bytes).concat())
    }

    fn restore(state: Vec<u8>) -> Result<(), Failure> {
        let (numbers, rest) = state.as_chunks::<8>();
        let ([threshold, left], []) = (numbers, rest) else {
            return Err(failure("ValueError", "", "expected a state of 16 bytes"));
        };
        let mut gate = gate();
        (gate.threshold, gate.left) = (f64::from_le_bytes(*threshold), f64::from_le_bytes(*left));
        Ok(())
    }

    fn set_param(name: String, value: String) -> Result<(), Failure> {
        match (name.as_str(), value.parse()) {
            ("threshold", Ok(value)) => gate().threshold = value,
            ("threshold", Err(_)) => return Err(failure("ValueError", "", "expected a number as `threshold`")),
            _ => {
                let message = "expected `threshold`: nothing else can change while the node runs";
                return Err(failure("KeyError", "RM619", message));
            }
        }
        Ok(())
    }

    fn close() {}
}

fn gate() -> MutexGuard<'static, Gate> {
    GATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failure(kind: &str, code: &str, message: impl ToString) -> Failure {
    let (kind, code) = (kind.to_owned(), code.to_owned());
    Failure { kind, message: message.to_string(), trace: String::new(), code, hint: String::new() }
}
