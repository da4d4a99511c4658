//! Several runs of a model as one: inputs joined along an axis, outputs parted along one.

use ort::value::DynValue;
use remotemedia_engine::NodeFailure;

use crate::value::{bytes, filled, shape};

/// Whether values can be joined along an axis: same type, same lengths of all other axes, at least one long.
pub(crate) fn is_joinable(one: &DynValue, other: &DynValue, axis: usize) -> bool {
    let (a, b) = (shape(one), shape(other));
    one.dtype().tensor_type() == other.dtype().tensor_type()
        && a.len() == b.len()
        && a.iter().zip(b).enumerate().all(|(index, (a, b))| if index == axis { *a > 0 && *b > 0 } else { a == b })
}

/// The values one after the other along an axis; they must be joinable.
pub(crate) fn join(values: &[&DynValue], axis: usize) -> Result<DynValue, NodeFailure> {
    let Some(first) = values.first() else { return Err(uneven("a value", 0)) };
    let mut joined = shape(first).to_vec();
    let length = |it: &DynValue| shape(it).get(axis).copied().unwrap_or(0);
    joined[axis] = values.iter().map(|it| length(it)).sum();
    let outer: usize = joined[..axis].iter().map(|it| usize::try_from(*it).unwrap_or(0)).product();
    let (dtype, _) = bytes(first)?;
    let sources: Vec<&[u8]> = values.iter().map(|it| Ok(bytes(it)?.1)).collect::<Result<_, NodeFailure>>()?;
    filled(dtype, joined, &mut |target| {
        let mut at = 0;
        for block in 0..outer {
            for source in &sources {
                let size = source.len() / outer;
                target[at..at + size].copy_from_slice(&source[block * size..(block + 1) * size]);
                at += size;
            }
        }
    })
}

/// A value parted along an axis into so long pieces.
pub(crate) fn part(value: &DynValue, axis: usize, lengths: &[i64]) -> Result<Vec<DynValue>, NodeFailure> {
    let whole = shape(value);
    let total: i64 = lengths.iter().sum();
    if whole.get(axis) != Some(&total) {
        return Err(uneven(&format!("an axis of length {total}"), whole.get(axis).copied().unwrap_or(0)));
    }
    let (dtype, source) = bytes(value)?;
    let outer: usize = whole[..axis].iter().map(|it| usize::try_from(*it).unwrap_or(0)).product();
    let row = source.len() / (outer * usize::try_from(total).unwrap_or(1)).max(1);
    let block = source.len() / outer.max(1);
    let mut begin = 0;
    let piece = |length: &i64| {
        let size = usize::try_from(*length).unwrap_or(0) * row;
        let mut own = whole.to_vec();
        own[axis] = *length;
        let part = filled(dtype, own, &mut |target| {
            for (index, target) in target.chunks_exact_mut(size.max(1)).enumerate() {
                target.copy_from_slice(&source[index * block + begin..index * block + begin + size]);
            }
        });
        begin += size;
        part
    };
    lengths.iter().map(piece).collect()
}

/// Whether two lists of values are the same to the bit.
pub(crate) fn is_equal(one: &[DynValue], other: &[DynValue]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(a, b)| match (bytes(a), bytes(b)) {
            (Ok(left), Ok(right)) => shape(a) == shape(b) && left == right,
            _ => false,
        })
}

fn uneven(expected: &str, got: i64) -> NodeFailure {
    NodeFailure::new("RM608", format!("expected {expected} in a batch, got {got}"))
}
