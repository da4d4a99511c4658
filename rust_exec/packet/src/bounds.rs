//! A long message is looked over before it is read: a plane or an axis of two bytes, or one, becomes many times as much memory.

use bytes::Buf as _;
use prost::encoding::{WireType, decode_key, decode_varint};

use crate::error::PacketError;

/// Bytes of a message up to which what it becomes does not matter.
const SHORT: usize = 1 << 20;
/// More than any body has of planes, or of bytes in which its axes are written.
const MOST: usize = 4096;

/// Fields of `schemas/packet.proto`.
const VIDEO: u32 = 17;
const PLANES: u32 = 4;
const TENSOR: u32 = 18;
const SHAPE: u32 = 2;

/// Refuse a message that would become far more than it is.
pub(crate) fn check(message: &[u8]) -> Result<(), PacketError> {
    if message.len() <= SHORT {
        return Ok(());
    }
    let mut count = 0_usize;
    let known = each_field(message, &mut |number, content| match number {
        VIDEO => each_field(content, &mut |number, _| {
            count += usize::from(number == PLANES);
            Some(())
        }),
        TENSOR => each_field(content, &mut |number, content| {
            count += if number == SHAPE { content.len().max(1) } else { 0 };
            Some(())
        }),
        _ => Some(()),
    });
    if known.is_some() && count <= MOST {
        return Ok(());
    }
    Err(PacketError::new("expected a packet message, got one with more planes or axes than there can be"))
}

/// Tell the number and the content of each field, which is empty for a number; none where a field has no plain length.
fn each_field<'a>(mut rest: &'a [u8], tell: &mut dyn FnMut(u32, &'a [u8]) -> Option<()>) -> Option<()> {
    while rest.has_remaining() {
        let (number, kind) = decode_key(&mut rest).ok()?;
        let length = match kind {
            WireType::Varint => {
                decode_varint(&mut rest).ok()?;
                0
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => usize::try_from(decode_varint(&mut rest).ok()?).ok()?,
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        let (content, others) = rest.split_at_checked(length)?;
        tell(number, content)?;
        rest = others;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field with content, as many times.
    fn repeated(number: u32, content: &[u8], times: usize) -> Vec<u8> {
        let mut field = Vec::new();
        prost::encoding::encode_key(number, WireType::LengthDelimited, &mut field);
        prost::encoding::encode_varint(content.len() as u64, &mut field);
        field.extend_from_slice(content);
        field.repeat(times)
    }

    #[test]
    fn planes_and_axes_without_end_are_refused() {
        let planes = repeated(VIDEO, &repeated(PLANES, b"", 1 << 20), 1);
        let axes = repeated(TENSOR, &repeated(SHAPE, &vec![1; 2 << 20], 1), 1);
        let halves = repeated(TENSOR, &repeated(SHAPE, &[1; 64], 32), 1000);
        let mut group = repeated(21, &vec![0; 2 << 20], 1);
        prost::encoding::encode_key(30, WireType::StartGroup, &mut group);
        for message in [planes, axes, halves, group] {
            assert!(message.len() > SHORT);
            assert!(check(&message).is_err());
        }
    }

    #[test]
    fn long_data_is_taken() {
        let data = vec![0x55; 2 << 20];
        let inner = [repeated(SHAPE, &[1; 64], 1), repeated(3, &data, 1)].concat();
        for message in [repeated(TENSOR, &inner, 1), repeated(21, &data, 1), repeated(19, &data, 1)] {
            assert_eq!(check(&message), Ok(()));
        }
    }
}
