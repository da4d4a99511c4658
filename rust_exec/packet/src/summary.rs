//! A packet in one line, for messages.

use crate::Packet;
use crate::body::{Body, Kind};
use crate::error::quote;

impl Kind {
    /// The name in the table of built-in nodes and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Tensor => "tensor",
            Self::Text => "text",
            Self::Json => "json",
            Self::Bytes => "bytes",
            Self::Object => "object",
        }
    }
}

impl Packet {
    /// Kind, shape and times in one line, such as `audio f32, 2 x 512 at 16000 Hz, pts 0.032 s`; nothing of the content.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut line = match &self.body {
            Body::Audio(audio) => {
                let (format, channels, frames, rate) =
                    (audio.format.name(), audio.channels, audio.frames(), audio.rate);
                format!("audio {format}, {channels} x {frames} at {rate} Hz")
            }
            Body::Video(video) => format!("video {}, {} x {}", quote(&video.format), video.width, video.height),
            Body::Tensor(tensor) => format!("tensor {} {:?}", tensor.dtype.name(), tensor.shape),
            Body::Text(text) => format!("text of {} bytes", text.len()),
            Body::Json(json) if json.data.is_empty() => format!("json of {} bytes", json.text.len()),
            Body::Json(json) => format!("json of {} bytes with {} bytes of data", json.text.len(), json.data.len()),
            Body::Bytes(bytes) => format!("bytes, {} of them", bytes.len()),
            Body::Object(object) => object.summary(),
        };
        if let Some(pts) = self.pts_ns {
            line.push_str(&format!(", pts {} s", seconds(pts)));
        }
        line
    }

    /// Bytes of body and metadata; an object counts nothing, for its size is not known.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        let body = match &self.body {
            Body::Audio(audio) => audio.data.len(),
            Body::Video(video) => video.data.len(),
            Body::Tensor(tensor) => tensor.data.len(),
            Body::Text(text) => text.len(),
            Body::Json(json) => json.text.len() + json.data.len(),
            Body::Bytes(bytes) => bytes.len(),
            Body::Object(_) => 0,
        };
        body + self.meta.as_ref().map_or(0, |meta| meta.len())
    }
}

/// Nanoseconds as seconds, exact, without trailing zeros.
fn seconds(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let magnitude = nanoseconds.unsigned_abs();
    let text = format!("{sign}{}.{:09}", magnitude / 1_000_000_000, magnitude % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::body::{Audio, Foreign, Json, Tensor};

    #[test]
    fn summaries_are_one_line() {
        let mut packet = Packet::new(Body::Audio(Audio::from_planar_f32(vec![0.0; 1024], 16_000, 2)));
        packet.pts_ns = Some(-32_000_000);
        assert_eq!(packet.summary(), "audio f32, 2 x 512 at 16000 Hz, pts -0.032 s");
        assert_eq!(packet.byte_len(), 4096);
        packet.pts_ns = Some(10_000_000_000);
        assert_eq!(packet.summary(), "audio f32, 2 x 512 at 16000 Hz, pts 10 s");
        let tensor = Tensor::from_vec(vec![1_i64, 2], &[1, 2]).expect("a tensor");
        assert_eq!(Packet::new(Body::Tensor(tensor)).summary(), "tensor i64 [1, 2]");
        let text = Packet::new(Body::Text("a\nb".into()));
        assert_eq!((text.summary().as_str(), text.byte_len()), ("text of 3 bytes", 3));
        let json = Json { text: "null".into(), data: vec![0; 8].into() };
        assert_eq!(Packet::new(Body::Json(json)).summary(), "json of 4 bytes with 8 bytes of data");
        struct Thing;
        impl Foreign for Thing {}
        let object = Packet::new(Body::Object(Arc::new(Thing)));
        assert_eq!((object.byte_len(), &*object.summary()), (0, "object of the host language"));
    }
}
