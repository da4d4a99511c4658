//! Tensors to and from the library's values.

use std::fmt::Debug;

use ort::value::{DynValue, PrimitiveTensorElementType, TensorElementType};
use remotemedia_engine::NodeFailure;
use remotemedia_packet::{Dtype, Tensor};

/// The element type of packets that is the library's; not all have one.
pub(crate) fn dtype_of(kind: TensorElementType) -> Option<Dtype> {
    Some(match kind {
        TensorElementType::Bool => Dtype::Bool,
        TensorElementType::Int8 => Dtype::I8,
        TensorElementType::Int16 => Dtype::I16,
        TensorElementType::Int32 => Dtype::I32,
        TensorElementType::Int64 => Dtype::I64,
        TensorElementType::Uint8 => Dtype::U8,
        TensorElementType::Uint16 => Dtype::U16,
        TensorElementType::Uint32 => Dtype::U32,
        TensorElementType::Uint64 => Dtype::U64,
        TensorElementType::Float32 => Dtype::F32,
        TensorElementType::Float64 => Dtype::F64,
        _ => return None,
    })
}

/// A type of elements that the library has, by its little-endian bytes.
trait Scalar: PrimitiveTensorElementType + Clone + Copy + Debug + 'static {
    fn read(bytes: &[u8]) -> Self;
    fn write(self, bytes: &mut Vec<u8>);
}

macro_rules! scalars {
    ($($rust:ty),*) => {$(
        impl Scalar for $rust {
            fn read(bytes: &[u8]) -> Self {
                let mut array = [0; size_of::<Self>()];
                array.copy_from_slice(bytes);
                Self::from_le_bytes(array)
            }

            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

scalars!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

impl Scalar for bool {
    fn read(bytes: &[u8]) -> Self {
        bytes != [0]
    }

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self));
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
            Dtype::F32 => $do::<f32>($($argument),*),
            Dtype::F64 => $do::<f64>($($argument),*),
            Dtype::F16 => Err(failure("expected an element type that models are run with, got `f16`")),
        }
    };
}

/// A tensor as a value of the library.
pub(crate) fn to_value(tensor: &Tensor) -> Result<DynValue, NodeFailure> {
    if tensor.dtype.byte_len(&tensor.shape) != Some(tensor.data.len()) {
        let (bytes, shape) = (tensor.data.len(), &tensor.shape);
        return Err(failure(format!("expected the elements of the shape {shape:?}, got {bytes} bytes")));
    }
    for_dtype!(tensor.dtype, from_tensor(tensor))
}

/// A value of the library as a tensor; `name` is what it is called in a failure.
pub(crate) fn to_tensor(name: &str, value: &DynValue) -> Result<Tensor, NodeFailure> {
    match value.dtype().tensor_type().and_then(dtype_of) {
        Some(dtype) => for_dtype!(dtype, into_tensor(dtype, value)),
        None => Err(failure(format!("expected a tensor of numbers in `{name}`, got `{}`", value.dtype()))),
    }
}

/// Samples as a value of the library; they are kept, not copied.
pub(crate) fn from_samples(samples: Vec<f32>, shape: Vec<i64>) -> Result<DynValue, NodeFailure> {
    let value = ort::value::Tensor::from_array((shape, samples)).map_err(|error| failure(error.to_string()))?;
    Ok(value.into_dyn())
}

fn from_tensor<T: Scalar>(tensor: &Tensor) -> Result<DynValue, NodeFailure> {
    let elements: Vec<T> = tensor.data.chunks_exact(tensor.dtype.size()).map(T::read).collect();
    let shape: Vec<i64> = tensor.shape.iter().map(|it| i64::try_from(*it).unwrap_or(i64::MAX)).collect();
    let value = ort::value::Tensor::from_array((shape, elements)).map_err(|error| failure(error.to_string()))?;
    Ok(value.into_dyn())
}

fn into_tensor<T: Scalar>(dtype: Dtype, value: &DynValue) -> Result<Tensor, NodeFailure> {
    let (shape, elements) = value.try_extract_tensor::<T>().map_err(|error| failure(error.to_string()))?;
    let mut data = Vec::with_capacity(elements.len() * dtype.size());
    elements.iter().for_each(|it| it.write(&mut data));
    let shape = shape.iter().map(|it| u64::try_from(*it).unwrap_or(0)).collect();
    Ok(Tensor { dtype, shape, data: data.into() })
}

fn failure(message: impl Into<String>) -> NodeFailure {
    NodeFailure::new("RM608", message)
}
