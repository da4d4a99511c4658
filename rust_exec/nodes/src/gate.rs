//! `AudioGateNode`: silence in the place of what is quieter than a threshold.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{Gate, GateTimes, Saved, saved};
use remotemedia_packet::Packet;
use serde_json::Value;

use crate::params::{Params, live_number};
use crate::samples::{audio, body, planes, samples, with_sound};
use crate::state::restored;
use crate::streams::Streams;

struct AudioGateNode {
    threshold_db: f64,
    times: GateTimes,
    streams: Streams<Stream>,
}

/// One stream between two changes of rate.
struct Stream {
    gate: Gate,
    rate: u32,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    let times = GateTimes {
        attack: params.number("attack_ms")?,
        release: params.number("release_ms")?,
        hold: params.number("hold_ms")?,
    };
    let threshold_db = params.number("threshold_db")?;
    Ok(Box::new(AudioGateNode { threshold_db, times, streams: Streams::default() }))
}

impl NodeInstance for AudioGateNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = audio(&packet)?;
        let samples = samples(audio)?;
        let key = Streams::<Stream>::key(&packet);
        if self.streams.get_mut(&key).is_none_or(|it| it.rate != audio.rate) {
            let gate = Gate::new(audio.rate, self.threshold_db, self.times);
            self.streams.insert(key.clone(), Stream { gate, rate: audio.rate });
        }
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.gate.set_threshold(self.threshold_db);
            let gated = stream.gate.process(planes(&samples, audio));
            out.push(with_sound(&packet, body(gated, audio.rate)));
        }
        Ok(More::No)
    }

    fn flush(&mut self, _out: &mut Outputs) -> Result<More, NodeFailure> {
        self.streams.drain().for_each(drop);
        Ok(More::No)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(Some(saved(&self.streams)))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.streams = restored(state)?;
        Ok(())
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        self.threshold_db = live_number("AudioGateNode", ("threshold_db", name), value)?;
        Ok(())
    }
}

impl Saved for Stream {
    fn save(&self, into: &mut Vec<u8>) {
        self.gate.save(into);
        self.rate.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Self { gate: Gate::load(from)?, rate: u32::load(from)? })
    }
}
