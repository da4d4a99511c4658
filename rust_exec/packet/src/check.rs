//! Whether a body's data is what its description says.

use crate::body::{Audio, Body, Dtype, Json, Plane, Tensor, Video};
use crate::error::{PacketError, quote};
use crate::json;

/// Bytes of one row, and rows, of each plane of a picture.
type Rows = Vec<(u64, u64)>;

impl Body {
    /// That every reader may rely on sizes, offsets and text.
    ///
    /// # Errors
    ///
    /// `RM605` naming what was expected; an object is never refused.
    pub fn check(&self) -> Result<(), PacketError> {
        match self {
            Self::Audio(audio) => audio.check(),
            Self::Video(video) => video.check(),
            Self::Tensor(tensor) => tensor.check(),
            Self::Json(json) => json.check(),
            Self::Text(_) | Self::Bytes(_) | Self::Object(_) => Ok(()),
        }
    }
}

impl Audio {
    fn check(&self) -> Result<(), PacketError> {
        if self.rate == 0 || self.channels == 0 {
            let (rate, channels) = (self.rate, self.channels);
            return Err(PacketError::new(format!(
                "expected audio of at least 1 Hz and 1 channel, got {rate} Hz and {channels} channels"
            )));
        }
        let frame = self.format.size() * usize::from(self.channels);
        if !self.data.len().is_multiple_of(frame) {
            let (length, channels, format) = (self.data.len(), self.channels, self.format.name());
            return Err(PacketError::new(format!(
                "expected audio data in frames of {frame} bytes ({channels} channels of `{format}`), got {length} bytes"
            )));
        }
        Ok(())
    }
}

impl Tensor {
    pub(crate) fn check(&self) -> Result<(), PacketError> {
        let name = self.dtype.name();
        match self.dtype.byte_len(&self.shape) {
            Some(expected) if expected == self.data.len() => {}
            Some(expected) => {
                let (shape, got) = (&self.shape, self.data.len());
                return Err(PacketError::new(format!(
                    "expected {expected} bytes for `{name}` of shape {shape:?}, got {got}"
                )));
            }
            None => {
                return Err(PacketError::new(format!(
                    "expected a shape of at most 64 axes that fits into memory, got {} axes of `{name}`",
                    self.shape.len()
                )));
            }
        }
        if self.dtype == Dtype::Bool && self.data.iter().any(|&byte| byte > 1) {
            return Err(PacketError::new("expected 0 or 1 for every `bool`, got another byte"));
        }
        Ok(())
    }
}

impl Json {
    fn check(&self) -> Result<(), PacketError> {
        json::check(&self.text, self.data.len()).map(|_| ())
    }
}

impl Video {
    fn check(&self) -> Result<(), PacketError> {
        let Some(rows) = rows(&self.format, u64::from(self.width), u64::from(self.height)) else {
            let (format, width, height) = (quote(&self.format), self.width, self.height);
            return Err(PacketError::new(format!(
                "expected a picture of `rgb24`, `bgr24`, `gray8`, `yuv420p` or `nv12` with width and height, \
                 got {format}, {width} x {height}"
            )));
        };
        if rows.len() != self.planes.len() {
            let (format, expected, got) = (quote(&self.format), rows.len(), self.planes.len());
            return Err(PacketError::new(format!("expected {expected} planes for {format}, got {got}")));
        }
        let length = self.data.len() as u64;
        match self.planes.iter().zip(rows).position(|(plane, rows)| !fits(*plane, rows, length)) {
            None => Ok(()),
            Some(plane) => Err(PacketError::new(format!(
                "expected plane {plane} to lie inside {length} bytes, got one that does not"
            ))),
        }
    }
}

fn rows(format: &str, width: u64, height: u64) -> Option<Rows> {
    if width == 0 || height == 0 {
        return None;
    }
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    match format {
        "rgb24" | "bgr24" => Some(vec![(width * 3, height)]),
        "gray8" => Some(vec![(width, height)]),
        "yuv420p" => Some(vec![(width, height), (half_width, half_height), (half_width, half_height)]),
        "nv12" => Some(vec![(width, height), (half_width * 2, half_height)]),
        _ => None,
    }
}

/// The last row need not be padded to the stride.
fn fits(plane: Plane, (row, rows): (u64, u64), length: u64) -> bool {
    let stride = u64::from(plane.stride);
    let end = stride.checked_mul(rows - 1).and_then(|last| plane.offset.checked_add(last)?.checked_add(row));
    stride >= row && end.is_some_and(|end| end <= length)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::body::{Layout, SampleFormat};

    #[test]
    fn audio_is_whole_frames() {
        let audio = |rate, channels, length| {
            let data = Bytes::from(vec![0; length]);
            Audio { format: SampleFormat::I16, rate, channels, layout: Layout::Planar, data }.check().is_ok()
        };
        assert!(audio(1, 1, 0) && audio(16_000, 3, 12) && audio(u32::MAX, u16::MAX, 0));
        assert!(!audio(0, 1, 0) && !audio(1, 0, 0) && !audio(16_000, 3, 10));
    }

    #[test]
    fn planes_lie_inside_the_data() {
        let video = |format: &str, planes: &[(u64, u32)], length| {
            let planes = planes.iter().map(|&(offset, stride)| Plane { offset, stride }).collect();
            let data = Bytes::from(vec![0; length]);
            Video { format: format.into(), width: 3, height: 2, planes, data }.check().is_ok()
        };
        assert!(video("rgb24", &[(0, 9)], 18) && video("rgb24", &[(2, 12)], 23) && video("gray8", &[(0, 3)], 6));
        assert!(video("yuv420p", &[(0, 3), (6, 2), (8, 2)], 10) && video("nv12", &[(0, 3), (6, 4)], 10));
        assert!(!video("rgb24", &[(0, 9)], 17) && !video("rgb24", &[(0, 8)], 18) && !video("rgb24", &[], 18));
        assert!(!video("rgb24", &[(u64::MAX, 9)], 18) && !video("nv12", &[(0, 3), (7, 4)], 10));
        assert!(!video("p010", &[(0, 3)], 100));
    }

    #[test]
    fn booleans_are_0_or_1() {
        let tensor = |byte| Tensor { dtype: Dtype::Bool, shape: vec![1], data: Bytes::from(vec![byte]) }.check();
        assert!(tensor(0).is_ok() && tensor(1).is_ok() && tensor(2).is_err());
    }
}
