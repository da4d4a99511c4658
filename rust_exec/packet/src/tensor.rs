//! Arrays as typed elements.

use std::borrow::Cow;
use std::str::FromStr;

use bytemuck::Pod;
use half::f16;

use crate::body::{Dtype, Tensor};
use crate::error::{PacketError, quote};
use crate::memory::{bytes_of, elements};

/// Most axes an array may have: as many as numpy's may.
pub(crate) const MAX_AXES: usize = 64;

/// A Rust type that is the element type of a tensor.
pub trait Element: Pod + Send + sealed::Sealed {
    /// Its name on the wire.
    const DTYPE: Dtype;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! elements {
    ($($rust:ty => $dtype:ident),*) => {$(
        impl sealed::Sealed for $rust {}
        impl Element for $rust {
            const DTYPE: Dtype = Dtype::$dtype;
        }
    )*};
}

elements!(i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64,
    f16 => F16, f32 => F32, f64 => F64);

impl Dtype {
    /// All element types, in the order of their numbers on the wire.
    pub const ALL: [Self; 12] = [
        Self::Bool,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::F16,
        Self::F32,
        Self::F64,
    ];

    /// Bytes of one element.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// The name in a packet's head.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// Bytes of an array of this type; none beyond 64 axes or what memory can address.
    #[must_use]
    pub fn byte_len(self, shape: &[u64]) -> Option<usize> {
        if shape.len() > MAX_AXES {
            return None;
        }
        // An axis of length 0 empties the array however long the others are, but the others must still be lengths.
        let product = shape.iter().try_fold(1_u64, |product, &axis| product.checked_mul(axis.max(1)))?;
        let bytes = usize::try_from(product).ok()?.checked_mul(self.size())?;
        Some(if shape.contains(&0) { 0 } else { bytes })
    }
}

impl FromStr for Dtype {
    type Err = PacketError;

    fn from_str(name: &str) -> Result<Self, PacketError> {
        Self::ALL
            .into_iter()
            .find(|dtype| dtype.name() == name)
            .ok_or_else(|| PacketError::new(format!("expected an element type such as `f32`, got {}", quote(name))))
    }
}

impl Tensor {
    /// An array of these elements, which are kept, not copied.
    ///
    /// # Errors
    ///
    /// `RM605` if the shape does not have as many elements.
    pub fn from_vec<T: Element>(values: Vec<T>, shape: &[u64]) -> Result<Self, PacketError> {
        let tensor = Self { dtype: T::DTYPE, shape: shape.to_vec(), data: bytes_of(values) };
        tensor.check()?;
        Ok(tensor)
    }

    /// The elements: borrowed if they are aligned in memory, else copied.
    ///
    /// # Errors
    ///
    /// `RM605` if they are of another type.
    pub fn as_slice<T: Element>(&self) -> Result<Cow<'_, [T]>, PacketError> {
        if self.dtype != T::DTYPE {
            let (wanted, got) = (T::DTYPE.name(), self.dtype.name());
            return Err(PacketError::new(format!("expected a tensor of `{wanted}`, got `{got}`")));
        }
        Ok(elements(&self.data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_back() {
        let tensor = Tensor::from_vec(vec![1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]).expect("a tensor");
        assert!(matches!(tensor.as_slice::<f64>(), Ok(Cow::Borrowed([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))));
        assert_eq!(
            tensor.as_slice::<f32>().expect_err("another type").message,
            "expected a tensor of `f32`, got `f64`"
        );
        assert!(Tensor::from_vec(vec![1_u8; 5], &[2, 3]).is_err());
        assert!(Tensor::from_vec(vec![1_u8; 1], &[]).is_ok());
    }

    #[test]
    fn misaligned_elements_are_copied() {
        let mut tensor = Tensor::from_vec(vec![0_u8, 7, 0, 0, 0], &[5]).expect("a tensor");
        tensor = Tensor { dtype: Dtype::I32, shape: vec![], data: tensor.data.slice(1..) };
        assert_eq!(&*tensor.as_slice::<i32>().expect("elements"), [7]);
    }

    #[test]
    fn sizes_do_not_overflow() {
        assert_eq!(Dtype::F64.byte_len(&[]), Some(8));
        assert_eq!(Dtype::F64.byte_len(&[3, 0]), Some(0));
        assert_eq!(Dtype::F64.byte_len(&[u64::MAX]), None);
        assert_eq!(Dtype::I8.byte_len(&[1 << 32, 1 << 32]), None);
        assert_eq!(Dtype::I8.byte_len(&[1 << 32, 1 << 32, 0]), None);
        assert_eq!(Dtype::I8.byte_len(&[1; MAX_AXES + 1]), None);
    }

    #[test]
    fn names_are_read_back() {
        for dtype in Dtype::ALL {
            assert_eq!(dtype.name().parse(), Ok(dtype));
        }
        assert_eq!("c64".parse::<Dtype>().expect_err("no such type").code, "RM605");
    }
}
