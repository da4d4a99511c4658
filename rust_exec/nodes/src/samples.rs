//! A packet's samples as the kernels want them.

use std::borrow::Cow;

use remotemedia_engine::NodeFailure;
use remotemedia_kernels::{MAX_CHANNELS, Planar, Planes};
use remotemedia_packet::{Audio, Body, Packet};

/// The sound of a packet.
pub(crate) fn audio(packet: &Packet) -> Result<&Audio, NodeFailure> {
    match &packet.body {
        Body::Audio(audio) => Ok(audio),
        _ => Err(NodeFailure::new("RM606", format!("expected audio, got {}", packet.summary()))),
    }
}

/// The same sound, if it is whole frames of 1 to 64 channels.
pub(crate) fn whole(audio: &Audio) -> Result<&Audio, NodeFailure> {
    let channels = usize::from(audio.channels);
    if !(1..=MAX_CHANNELS).contains(&channels) {
        return Err(NodeFailure::new("RM606", format!("expected 1 to {MAX_CHANNELS} channels, got {channels}")));
    }
    let frame = channels * audio.format.size();
    if !audio.data.len().is_multiple_of(frame) {
        let message = format!("expected whole frames of {frame} bytes, got {} bytes", audio.data.len());
        return Err(NodeFailure::new("RM606", message));
    }
    Ok(audio)
}

/// Its samples: float32, planar, whole frames of 1 to 64 channels.
pub(crate) fn samples(audio: &Audio) -> Result<Cow<'_, [f32]>, NodeFailure> {
    whole(audio).map(Audio::as_f32_planar)
}

/// The same sound, planar, in its own format.
pub(crate) fn planar(audio: &Audio) -> Result<Audio, NodeFailure> {
    whole(audio).map(|it| it.clone().into_planar())
}

/// The samples as a kernel takes them.
pub(crate) fn planes<'a>(samples: &'a [f32], audio: &Audio) -> Planes<'a> {
    Planes::new(samples, usize::from(audio.channels))
}

/// What a kernel gave, as sound.
pub(crate) fn sound(block: Planar, rate: u32) -> Audio {
    let channels = u16::try_from(block.channels()).unwrap_or(u16::MAX);
    Audio::from_planar_f32(block.into_samples(), rate, channels)
}

/// What a kernel gave, as a packet's body.
pub(crate) fn body(block: Planar, rate: u32) -> Body {
    Body::Audio(sound(block, rate))
}

/// A packet without its payload: what an output has of its input beside the sound.
pub(crate) fn bare(packet: &Packet) -> Packet {
    with_sound(packet, Body::Text("".into()))
}

/// A packet with other sound, and everything else of this one, also what was said of its sound.
pub(crate) fn with_sound(packet: &Packet, body: Body) -> Packet {
    Packet { meta: packet.meta.clone(), ..packet.with_body(body) }
}
