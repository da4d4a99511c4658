//! What a stream keeps between two calls, as bytes: little-endian, field behind field, without names.
//!
//! Floats keep their bits, so that a stream that is loaded goes on exactly as the one that was saved.

use std::collections::VecDeque;

/// What can be saved and loaded.
pub trait Saved: Sized {
    /// Append it.
    fn save(&self, into: &mut Vec<u8>);

    /// Take it from the front; `None` if the bytes are something else.
    fn load(from: &mut &[u8]) -> Option<Self>;
}

/// The bytes of something.
pub fn saved(it: &impl Saved) -> Vec<u8> {
    let mut bytes = Vec::new();
    it.save(&mut bytes);
    bytes
}

/// Something from all of these bytes; `None` if they are something else.
#[must_use]
pub fn loaded<T: Saved>(mut bytes: &[u8]) -> Option<T> {
    T::load(&mut bytes).filter(|_| bytes.is_empty())
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Saved for $number {
            fn save(&self, into: &mut Vec<u8>) {
                into.extend_from_slice(&self.to_le_bytes());
            }

            fn load(from: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(Self::from_le_bytes(*bytes))
            }
        }
    )+};
}

numbers!(u8, u16, u32, u64, i64, f32, f64);

impl Saved for usize {
    fn save(&self, into: &mut Vec<u8>) {
        (*self as u64).save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        u64::load(from)?.try_into().ok()
    }
}

impl Saved for bool {
    fn save(&self, into: &mut Vec<u8>) {
        u8::from(*self).save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        match u8::load(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<T: Saved> Saved for Option<T> {
    fn save(&self, into: &mut Vec<u8>) {
        self.is_some().save(into);
        self.iter().for_each(|it| it.save(into));
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        if bool::load(from)? { T::load(from).map(Some) } else { Some(None) }
    }
}

impl<T: Saved> Saved for Vec<T> {
    fn save(&self, into: &mut Vec<u8>) {
        self.len().save(into);
        self.iter().for_each(|it| it.save(into));
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let length = usize::load(from)?;
        // A length that is not true must cost no memory: every item has a byte at least.
        let mut items = Self::with_capacity(length.min(from.len() / size_of::<T>().max(1)));
        for _ in 0..length {
            items.push(T::load(from)?);
        }
        Some(items)
    }
}

impl<T: Saved> Saved for VecDeque<T> {
    fn save(&self, into: &mut Vec<u8>) {
        self.len().save(into);
        self.iter().for_each(|it| it.save(into));
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Vec::load(from).map(Self::from)
    }
}

impl<A: Saved, B: Saved> Saved for (A, B) {
    fn save(&self, into: &mut Vec<u8>) {
        self.0.save(into);
        self.1.save(into);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some((A::load(from)?, B::load(from)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_is_what_was_saved() {
        let it = vec![(Some(1.5_f32), vec![1_u16, 2]), (None, Vec::new())];
        assert_eq!(loaded(&saved(&it)), Some(it));
        let nan = f64::from_bits(0x7ff8_0000_0000_0001);
        assert_eq!(loaded::<f64>(&saved(&nan)).map(f64::to_bits), Some(nan.to_bits()));
    }

    #[test]
    fn other_bytes_are_nothing() {
        assert_eq!(loaded::<bool>(&[2]), None);
        assert_eq!(loaded::<u16>(&[1]), None);
        assert_eq!(loaded::<u16>(&[1, 0, 0]), None);
        assert_eq!(loaded::<Vec<f32>>(&[255; 12]), None);
    }
}
