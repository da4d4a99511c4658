//! Arithmetic on every element of an array, with the types that numpy gives.
//!
//! Integers that meet an integer stay of their type and wrap around; integers that meet a float become float64, booleans
//! that meet an integer int64, and floats stay what they are.

use bytemuck::Pod;
use half::f16;

use crate::arithmetic::Number;
use crate::error::KernelError;

/// Type of the elements of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are numpy's")]
pub enum ElementType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    F32,
    F64,
}

/// What is done to every element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A constant is added.
    Add,
    /// It is multiplied by a constant.
    Multiply,
}

impl ElementType {
    const NAMES: [(&'static str, Self); 12] = [
        ("bool", Self::Bool),
        ("i8", Self::I8),
        ("i16", Self::I16),
        ("i32", Self::I32),
        ("i64", Self::I64),
        ("u8", Self::U8),
        ("u16", Self::U16),
        ("u32", Self::U32),
        ("u64", Self::U64),
        ("f16", Self::F16),
        ("f32", Self::F32),
        ("f64", Self::F64),
    ];

    /// The type of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, it)| *it)
    }

    /// Its name: `i8`, `f32` …
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, it)| *it == self).map_or("", |(name, _)| name)
    }
}

/// Arithmetic of elements that may wrap around.
trait Element: Pod {
    fn sum(self, other: Self) -> Self;
    fn product(self, other: Self) -> Self;
}

macro_rules! integers {
    ($($element:ty),+) => {$(
        impl Element for $element {
            fn sum(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn product(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
        }
    )+};
}

macro_rules! floats {
    ($($element:ty),+) => {$(
        impl Element for $element {
            fn sum(self, other: Self) -> Self {
                self + other
            }

            fn product(self, other: Self) -> Self {
                self * other
            }
        }
    )+};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);
floats!(f32, f64);

impl Element for f16 {
    fn sum(self, other: Self) -> Self {
        Self::from_f32(self.to_f32() + other.to_f32())
    }

    fn product(self, other: Self) -> Self {
        Self::from_f32(self.to_f32() * other.to_f32())
    }
}

/// The elements, given as little-endian bytes, changed by a constant; with their type.
///
/// # Errors
///
/// `RM606`: an integer does not fit the type of the elements.
pub fn each(
    elements: &[u8],
    of: ElementType,
    change: Change,
    constant: &Number,
) -> Result<(ElementType, Vec<u8>), KernelError> {
    use ElementType as T;
    if let (Number::Float(number), T::Bool | T::I8 | T::I16 | T::I32 | T::I64 | T::U8 | T::U16 | T::U32 | T::U64) =
        (constant, of)
    {
        let floats = as_floats(elements, of);
        return Ok((T::F64, changed(&floats, change, *number, |it: f64| it)));
    }
    #[allow(clippy::cast_possible_truncation, reason = "rounding to float32 is what is asked for")]
    let data = match of {
        T::Bool => {
            let number = within::<i64>(constant, T::I64)?;
            return Ok((T::I64, changed(elements, change, number, |it: u8| i64::from(it != 0))));
        }
        T::I8 => changed(elements, change, within::<i8>(constant, of)?, |it| it),
        T::I16 => changed(elements, change, within::<i16>(constant, of)?, |it| it),
        T::I32 => changed(elements, change, within::<i32>(constant, of)?, |it| it),
        T::I64 => changed(elements, change, within::<i64>(constant, of)?, |it| it),
        T::U8 => changed(elements, change, within::<u8>(constant, of)?, |it| it),
        T::U16 => changed(elements, change, within::<u16>(constant, of)?, |it| it),
        T::U32 => changed(elements, change, within::<u32>(constant, of)?, |it| it),
        T::U64 => changed(elements, change, within::<u64>(constant, of)?, |it| it),
        T::F16 => changed(elements, change, f16::from_f64(constant.float()?), |it| it),
        T::F32 => changed(elements, change, constant.float()? as f32, |it| it),
        T::F64 => changed(elements, change, constant.float()?, |it| it),
    };
    Ok((of, data))
}

/// The constant in the elements' own type.
fn within<T: TryFrom<i64> + TryFrom<u64>>(constant: &Number, of: ElementType) -> Result<T, KernelError> {
    let small = match constant {
        Number::Int(it) => T::try_from(*it).ok(),
        Number::Long(it) => u64::try_from(it).ok().and_then(|it| T::try_from(it).ok()),
        Number::Float(_) => None,
    };
    small.ok_or_else(|| {
        let number = constant.integer().unwrap_or_default();
        let name = of.name().replace('u', "uint").replace('i', "int").replace("uintnt", "uint");
        KernelError::value(format!("Python integer {number} out of bounds for {name}"))
    })
}

/// The elements as float64, as bytes.
#[allow(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
fn as_floats(elements: &[u8], of: ElementType) -> Vec<u8> {
    use ElementType as T;
    match of {
        T::Bool => converted(elements, |it: u8| f64::from(it != 0)),
        T::I8 => converted(elements, |it: i8| f64::from(it)),
        T::I16 => converted(elements, |it: i16| f64::from(it)),
        T::I32 => converted(elements, |it: i32| f64::from(it)),
        T::I64 => converted(elements, |it: i64| it as f64),
        T::U8 => converted(elements, |it: u8| f64::from(it)),
        T::U16 => converted(elements, |it: u16| f64::from(it)),
        T::U32 => converted(elements, |it: u32| f64::from(it)),
        T::U64 => converted(elements, |it: u64| it as f64),
        T::F16 => converted(elements, |it: f16| it.to_f64()),
        T::F32 => converted(elements, |it: f32| f64::from(it)),
        T::F64 => elements.to_vec(),
    }
}

fn changed<S: Pod, T: Element>(elements: &[u8], change: Change, constant: T, read: impl Fn(S) -> T) -> Vec<u8> {
    match change {
        Change::Add => converted(elements, |it| read(it).sum(constant)),
        Change::Multiply => converted(elements, |it| read(it).product(constant)),
    }
}

fn converted<S: Pod, T: Pod>(elements: &[u8], change: impl Fn(S) -> T) -> Vec<u8> {
    let mut made = vec![0; elements.len() / size_of::<S>() * size_of::<T>()];
    for (slot, element) in made.chunks_exact_mut(size_of::<T>()).zip(elements.chunks_exact(size_of::<S>())) {
        slot.copy_from_slice(bytemuck::bytes_of(&change(bytemuck::pod_read_unaligned(element))));
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_numpy() {
        let of = |element, constant: Number| each(&[], element, Change::Multiply, &constant).map(|it| it.0);
        assert_eq!(of(ElementType::I8, Number::Int(2)), Ok(ElementType::I8));
        assert_eq!(of(ElementType::U64, Number::Float(2.0)), Ok(ElementType::F64));
        assert_eq!(of(ElementType::Bool, Number::Int(2)), Ok(ElementType::I64));
        assert_eq!(of(ElementType::F16, Number::Int(2)), Ok(ElementType::F16));
        let refused = of(ElementType::U8, Number::Int(-1)).expect_err("a negative number of no sign");
        assert_eq!(refused.message, "Python integer -1 out of bounds for uint8");
    }

    #[test]
    fn integers_wrap_around() {
        let made = each(&[200, 3], ElementType::U8, Change::Add, &Number::Int(100));
        assert_eq!(made, Ok((ElementType::U8, vec![44, 103])));
    }
}
