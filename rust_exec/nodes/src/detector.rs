//! `VoiceActivityDetector`: whether each packet of a stream is speech, with a threshold adapted to the noise.

use std::sync::Arc;

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{Detector, Saved, Verdict, saved, stretch};
use remotemedia_packet::{Audio, Body, Json, Packet};
use serde_json::Value;

use crate::meta::with;
use crate::params::Params;
use crate::samples::{audio, planar, planes, samples};
use crate::state::restored;
use crate::streams::Streams;

/// What is said of sound.
const FACTS: [&str; 4] = ["is_speech", "speech_ratio", "avg_energy", "frame_duration_ms"];

struct VoiceActivityDetector {
    milliseconds: u32,
    threshold: f64,
    share: f64,
    passes_speech_only: bool,
    says_why: bool,
    streams: Streams<Stream>,
}

/// One stream between two changes of rate.
struct Stream {
    detector: Detector,
    rate: u32,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    Ok(Box::new(VoiceActivityDetector {
        milliseconds: params.required_u32("frame_duration_ms")?,
        threshold: params.number("energy_threshold")?,
        share: params.number("speech_threshold")?,
        passes_speech_only: params.boolean("filter_mode")?,
        says_why: params.boolean("include_metadata")?,
        streams: Streams::default(),
    }))
}

impl NodeInstance for VoiceActivityDetector {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let audio = audio(&packet)?;
        let verdict = self.hear(&packet, audio)?;
        if !self.passes_speech_only && self.says_why {
            let body = self.judged(audio, packet.meta.as_deref(), verdict)?;
            out.push(packet.with_body(body));
        } else if verdict.is_speech || !self.passes_speech_only {
            out.push(packet);
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
}

impl Saved for Stream {
    fn save(&self, into: &mut Vec<u8>) {
        self.detector.save(into);
        self.rate.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Self { detector: Detector::load(from)?, rate: u32::load(from)? })
    }
}

impl VoiceActivityDetector {
    fn hear(&mut self, packet: &Packet, audio: &Audio) -> Result<Verdict, NodeFailure> {
        let samples = samples(audio)?;
        let sound = planes(&samples, audio);
        let key = Streams::<Stream>::key(packet);
        if let Some(stream) = self.streams.get_mut(&key).filter(|it| it.rate == audio.rate) {
            return Ok(stream.detector.process(sound));
        }
        let mut detector = Detector::new(stretch(audio.rate, self.milliseconds), self.threshold, self.share);
        let verdict = detector.process(sound);
        self.streams.insert(key, Stream { detector, rate: audio.rate });
        Ok(verdict)
    }

    /// `((array, rate), facts)` as `schemas/packet.md` writes it.
    fn judged(&self, audio: &Audio, meta: Option<&str>, verdict: Verdict) -> Result<Body, NodeFailure> {
        let facts = format!(
            r#""is_speech":{},"speech_ratio":{},"avg_energy":{},"frame_duration_ms":{}"#,
            verdict.is_speech,
            Value::from(verdict.speech_ratio),
            Value::from(verdict.loudness),
            self.milliseconds
        );
        let facts = with(meta, &FACTS, &facts);
        let audio = planar(audio)?;
        let (dtype, frames) = (audio.format.name(), audio.frames());
        let shape = if audio.channels == 1 { format!("[{frames}]") } else { format!("[{},{frames}]", audio.channels) };
        let sound = format!(r#"{{"$tuple":[{{"$buf":0,"dtype":"{dtype}","shape":{shape}}},{}]}}"#, audio.rate);
        let text: Arc<str> = format!(r#"{{"$tuple":[{sound},{facts}]}}"#).into();
        // Buffers are padded to whole words.
        let mut data = audio.data.to_vec();
        data.resize(data.len().next_multiple_of(8), 0);
        Ok(Body::Json(Json { text, data: data.into() }))
    }
}
