//! Tensors to and from the library's values.

use std::fmt::Debug;

use bytemuck::{NoUninit, Pod};
use bytes::Bytes;
use half::f16;
use ort::value::{DynValue, PrimitiveTensorElementType, TensorElementType};
use remotemedia_engine::NodeFailure;
use remotemedia_packet::{Dtype, Tensor};

/// From so many bytes on a tensor is the library's own memory rather than a copy of it.
const SHARED: usize = 16 << 10;

/// What the elements of a model's tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// Numbers or truth values, as packets have them.
    Number(Dtype),
    /// Strings, which packets carry as text or as JSON.
    Text,
}

impl Element {
    /// The library's type; not all types that it has are also those of packets.
    pub(crate) fn of(kind: TensorElementType) -> Option<Self> {
        Some(Self::Number(match kind {
            TensorElementType::Bool => Dtype::Bool,
            TensorElementType::Int8 => Dtype::I8,
            TensorElementType::Int16 => Dtype::I16,
            TensorElementType::Int32 => Dtype::I32,
            TensorElementType::Int64 => Dtype::I64,
            TensorElementType::Uint8 => Dtype::U8,
            TensorElementType::Uint16 => Dtype::U16,
            TensorElementType::Uint32 => Dtype::U32,
            TensorElementType::Uint64 => Dtype::U64,
            TensorElementType::Float16 => Dtype::F16,
            TensorElementType::Float32 => Dtype::F32,
            TensorElementType::Float64 => Dtype::F64,
            TensorElementType::String => return Some(Self::Text),
            _ => return None,
        }))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Number(dtype) => dtype.name(),
            Self::Text => "string",
        }
    }
}

/// A type of elements that the library has.
trait Scalar: PrimitiveTensorElementType + NoUninit + Clone + Debug + Send + Sync + 'static {
    /// So many elements of these bytes.
    fn filled(length: usize, fill: &mut dyn FnMut(&mut [u8])) -> Vec<Self>;
}

fn pods<T: Pod>(length: usize, fill: &mut dyn FnMut(&mut [u8])) -> Vec<T> {
    let mut elements = vec![T::zeroed(); length];
    fill(bytemuck::cast_slice_mut(&mut elements));
    elements
}

macro_rules! scalars {
    ($($rust:ty),*) => {$(
        impl Scalar for $rust {
            fn filled(length: usize, fill: &mut dyn FnMut(&mut [u8])) -> Vec<Self> {
                pods(length, fill)
            }
        }
    )*};
}

scalars!(i8, i16, i32, i64, u8, u16, u32, u64, f16, f32, f64);

impl Scalar for bool {
    fn filled(length: usize, fill: &mut dyn FnMut(&mut [u8])) -> Vec<Self> {
        pods::<u8>(length, fill).into_iter().map(|it| it != 0).collect()
    }
}

/// Does the same for whichever element type it is.
macro_rules! for_dtype {
    ($dtype:expr, $do:ident($($argument:expr),*)) => {
        match $dtype {
            Dtype::Bool => $do::<bool>($($argument),*),
            Dtype::I8 => $do::<i8>($($argument),*),
            Dtype::I16 => $do::<i16>($($argument),*),
            Dtype::I32 => $do::<i32>($($argument),*),
            Dtype::I64 => $do::<i64>($($argument),*),
            Dtype::U8 => $do::<u8>($($argument),*),
            Dtype::U16 => $do::<u16>($($argument),*),
            Dtype::U32 => $do::<u32>($($argument),*),
            Dtype::U64 => $do::<u64>($($argument),*),
            Dtype::F16 => $do::<f16>($($argument),*),
            Dtype::F32 => $do::<f32>($($argument),*),
            Dtype::F64 => $do::<f64>($($argument),*),
        }
    };
}

/// A tensor as a value of the library.
pub(crate) fn to_value(tensor: &Tensor) -> Result<DynValue, NodeFailure> {
    if tensor.dtype.byte_len(&tensor.shape) != Some(tensor.data.len()) {
        let (bytes, shape) = (tensor.data.len(), &tensor.shape);
        return Err(failure(format!("expected the elements of the shape {shape:?}, got {bytes} bytes")));
    }
    filled(tensor.dtype, lengths(&tensor.shape), &mut |bytes| bytes.copy_from_slice(&tensor.data))
}

/// A value of a shape that fits memory, whose bytes are written by `fill`.
pub(crate) fn filled(dtype: Dtype, shape: Vec<i64>, fill: &mut dyn FnMut(&mut [u8])) -> Result<DynValue, NodeFailure> {
    fn make<T: Scalar>(shape: Vec<i64>, fill: &mut dyn FnMut(&mut [u8])) -> Result<DynValue, NodeFailure> {
        let length = shape.iter().try_fold(1_usize, |product, it| product.checked_mul(usize::try_from(*it).ok()?));
        let length = length.ok_or_else(|| failure(format!("expected a shape that fits memory, got {shape:?}")))?;
        let value = ort::value::Tensor::from_array((shape, T::filled(length, fill)));
        Ok(value.map_err(|error| failure(error.to_string()))?.into_dyn())
    }
    for_dtype!(dtype, make(shape, fill))
}

/// Samples as a value of the library; they are kept, not copied.
pub(crate) fn from_samples(samples: Vec<f32>, shape: Vec<i64>) -> Result<DynValue, NodeFailure> {
    let value = ort::value::Tensor::from_array((shape, samples)).map_err(|error| failure(error.to_string()))?;
    Ok(value.into_dyn())
}

/// Strings as a value of the library.
pub(crate) fn from_strings(strings: &[String], shape: Vec<i64>) -> Result<DynValue, NodeFailure> {
    let value = ort::value::Tensor::from_string_array((shape, strings)).map_err(|error| failure(error.to_string()))?;
    Ok(value.into_dyn())
}

/// The strings of a value, and its shape.
pub(crate) fn to_strings(name: &str, value: &DynValue) -> Result<(Vec<i64>, Vec<String>), NodeFailure> {
    let (shape, strings) = value.try_extract_strings().map_err(|error| failure(format!("in `{name}`: {error}")))?;
    Ok((shape.to_vec(), strings))
}

/// What a value's elements are; `name` is what it is called in a failure.
pub(crate) fn element(name: &str, value: &DynValue) -> Result<Element, NodeFailure> {
    value
        .dtype()
        .tensor_type()
        .and_then(Element::of)
        .ok_or_else(|| failure(format!("expected a tensor in the model's output `{name}`, got `{}`", value.dtype())))
}

/// The lengths of a value's axes.
pub(crate) fn shape(value: &DynValue) -> &[i64] {
    value.dtype().tensor_shape().map_or(&[], |it| it)
}

/// The bytes of a tensor of numbers.
pub(crate) fn bytes(value: &DynValue) -> Result<(Dtype, &[u8]), NodeFailure> {
    fn read<T: Scalar>(value: &DynValue) -> Result<&[u8], NodeFailure> {
        let (_, elements) = value.try_extract_tensor::<T>().map_err(|error| failure(error.to_string()))?;
        Ok(bytemuck::cast_slice(elements))
    }
    match value.dtype().tensor_type().and_then(Element::of) {
        Some(Element::Number(dtype)) => Ok((dtype, for_dtype!(dtype, read(value))?)),
        _ => Err(failure(format!("expected a tensor of numbers, got `{}`", value.dtype()))),
    }
}

/// A copy of a value.
pub(crate) fn copied(value: &DynValue) -> Result<Tensor, NodeFailure> {
    let (dtype, bytes) = bytes(value)?;
    let shape = shape(value).iter().map(|it| u64::try_from(*it).unwrap_or(0)).collect();
    Ok(Tensor { dtype, shape, data: Bytes::copy_from_slice(bytes) })
}

/// A value as a tensor: a small one is copied, a large one lives on inside of it.
pub(crate) fn into_tensor(value: DynValue) -> Result<Tensor, NodeFailure> {
    let (dtype, slice) = bytes(&value)?;
    if slice.len() < SHARED {
        return copied(&value);
    }
    let shape = shape(&value).iter().map(|it| u64::try_from(*it).unwrap_or(0)).collect();
    Ok(Tensor { dtype, shape, data: Bytes::from_owner(Owned(value)) })
}

/// Keeps the library's memory alive inside [`Bytes`].
struct Owned(DynValue);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        // It has been read as bytes before.
        bytes(&self.0).map_or(&[], |(_, bytes)| bytes)
    }
}

/// Lengths of axes as the library has them.
pub(crate) fn lengths(shape: &[u64]) -> Vec<i64> {
    shape.iter().map(|it| i64::try_from(*it).unwrap_or(i64::MAX)).collect()
}

fn failure(message: impl Into<String>) -> NodeFailure {
    NodeFailure::new("RM608", message)
}
