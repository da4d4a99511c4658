//! What a picture of a run needs of its packets: outlines of sound, numbers over time, stretches of time. All bounded.
//!
//! Seen are the run's input and what every node emits, on the thread that emits it; of several streams the first.

mod envelope;
mod probed;
mod series;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use remotemedia_engine::NodeParts;
use remotemedia_packet::{Body, Dtype, Packet, Tensor};
use serde_json::{Value, json};

use envelope::Envelope;
use probed::{Probed, ProbedRuntime};
use series::{Segments, Series, look};

/// The name of the run's input among what is seen.
const INPUT: &str = "input";
/// Most nodes whose sound is outlined, the input among them.
const MAX_TRACKS: usize = 16;
/// Longer values are not looked into, in bytes.
const MAX_LOOK: usize = 64 << 10;

/// What is seen of a run.
#[derive(Default)]
pub(crate) struct Probe {
    spots: Vec<Arc<Mutex<Spot>>>,
}

/// What one node emitted.
#[derive(Debug)]
struct Spot {
    /// The node; none for the run's input.
    node: Option<String>,
    stream: Option<u32>,
    envelope: Option<Envelope>,
    series: BTreeMap<String, Series>,
    segments: Segments,
    outlined: bool,
}

impl Probe {
    /// Let what a node emits be seen.
    pub(crate) fn watch(&mut self, parts: NodeParts) -> NodeParts {
        let spot = self.spot(Some(parts.spec.id.clone()));
        let again = Arc::clone(&spot);
        let runtime = parts.runtime.map(|inner| Arc::new(ProbedRuntime { inner, spot: again }) as _);
        NodeParts { instance: Box::new(Probed { inner: parts.instance, spot }), runtime, ..parts }
    }

    /// A watcher of the run's input.
    pub(crate) fn watch_input<E>(&mut self) -> impl Fn(&Result<Packet, E>) + Send + use<E> {
        let spot = self.spot(None);
        move |packet| {
            if let Ok(packet) = packet {
                see(&spot, packet);
            }
        }
    }

    fn spot(&mut self, node: Option<String>) -> Arc<Mutex<Spot>> {
        let spot = Arc::new(Mutex::new(Spot {
            node,
            stream: None,
            envelope: None,
            series: BTreeMap::new(),
            segments: Segments::default(),
            outlined: self.spots.len() < MAX_TRACKS,
        }));
        self.spots.push(Arc::clone(&spot));
        spot
    }

    /// The event's fields.
    pub(crate) fn told(&self) -> Value {
        let (mut tracks, mut series, mut segments, mut dropped) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for spot in &self.spots {
            let spot = spot.lock().unwrap_or_else(PoisonError::into_inner);
            let node = spot.node.as_deref().unwrap_or(INPUT);
            if let Some(envelope) = &spot.envelope {
                let mut track = envelope.told();
                track["node"] = node.into();
                track["is_input"] = spot.node.is_none().into();
                tracks.push(track);
            }
            let told = spot.series.iter().map(|(name, it)| json!({"node": node, "name": name, "points": it.told()}));
            series.extend(told);
            let (found, more) = spot.segments.told();
            dropped += more;
            if !found.is_empty() {
                segments.push(json!({"node": node, "found": found}));
            }
        }
        json!({"tracks": tracks, "series": series, "segments": segments, "dropped": dropped})
    }
}

fn see(spot: &Mutex<Spot>, packet: &Packet) {
    spot.lock().unwrap_or_else(PoisonError::into_inner).see(packet);
}

impl Spot {
    fn see(&mut self, packet: &Packet) {
        if packet.stream != *self.stream.get_or_insert(packet.stream) {
            return;
        }
        match &packet.body {
            Body::Audio(audio) if self.outlined => {
                self.envelope.get_or_insert_with(|| Envelope::new(audio)).add(packet.pts_ns, audio);
            }
            Body::Tensor(tensor) => {
                if let Some(value) = element(tensor) {
                    self.note(packet.pts_ns, "value", value);
                }
            }
            Body::Json(json) => self.look(packet.pts_ns, &json.text),
            _ => {}
        }
        if let Some(meta) = &packet.meta {
            self.look(packet.pts_ns, meta);
        }
    }

    fn look(&mut self, pts_ns: Option<i64>, text: &str) {
        if text.len() > MAX_LOOK {
            return;
        }
        let Ok(value) = serde_json::from_str(text) else { return };
        let mut numbers = Vec::new();
        look(&value, &mut self.segments, &mut |name, value| numbers.push((name.to_owned(), value)));
        for (name, value) in numbers {
            self.note(pts_ns, &name, value);
        }
    }

    /// A number without a time has no place in a picture of time.
    #[allow(clippy::cast_precision_loss, reason = "a picture needs no more")]
    fn note(&mut self, pts_ns: Option<i64>, name: &str, value: f64) {
        let Some(pts_ns) = pts_ns else { return };
        if !self.series.contains_key(name) {
            self.series.insert(name.to_owned(), Series::default());
        }
        if let Some(series) = self.series.get_mut(name) {
            series.add(pts_ns as f64 / 1e9, value);
        }
    }
}

/// The one element of a tensor that has no more.
fn element(tensor: &Tensor) -> Option<f64> {
    if tensor.data.len() != tensor.dtype.size() {
        return None;
    }
    match tensor.dtype {
        Dtype::F32 => tensor.as_slice::<f32>().ok()?.first().copied().map(f64::from),
        Dtype::F64 => tensor.as_slice::<f64>().ok()?.first().copied(),
        _ => None,
    }
}
