//! Memory of Rust as a Python buffer, and back.
#![allow(unsafe_code, reason = "the buffer protocol is a C interface; nothing else of this crate needs it")]

use std::ffi::c_int;

use bytes::Bytes;
use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use remotemedia_kernels::with_room;

/// Read-only bytes that Rust owns; Python sees them without a copy.
#[pyclass(frozen, module = "remotemedia._native")]
pub(crate) struct Buffer(pub(crate) Bytes);

#[pymethods]
impl Buffer {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("view is null"));
        }
        let bytes = &slf.get().0;
        let length = isize::try_from(bytes.len()).map_err(|_| PyBufferError::new_err("too long"))?;
        // SAFETY: `view` is a valid Py_buffer by the protocol; the bytes live as long as `slf`, of which
        // PyBuffer_FillInfo stores an owned reference in the view; the class is frozen, so they never move or change.
        let status = unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), bytes.as_ptr() as *mut _, length, 1, flags) };
        if status == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}

/// The bytes of a Python buffer: shared with a `bytes` or [`Buffer`] object, copied from anything that may change.
pub(crate) fn bytes_of(object: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(ours) = object.cast_exact::<Buffer>() {
        return Ok(ours.get().0.clone());
    }
    if let Ok(bytes) = object.extract::<PyBackedBytes>() {
        return Ok(Bytes::from_owner(bytes));
    }
    copied::<u8>(object).map(Bytes::from)
}

/// The samples of a Python buffer of float32.
pub(crate) fn samples_of(object: &Bound<'_, PyAny>) -> PyResult<Vec<f32>> {
    copied(object)
}

/// The elements of a Python buffer; of a sound in one piece they are many.
fn copied<T: Element>(object: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    let buffer = PyBuffer::<T>::get(object)?;
    if !buffer.is_c_contiguous() {
        return buffer.to_vec(object.py());
    }
    let mut all = with_room(buffer.item_count());
    // SAFETY: a contiguous buffer is so many elements from its start on, aligned as `T` wants it, and lives as long as
    // `buffer`; there is room for as many, and the elements are numbers, of which any bits are one.
    unsafe {
        std::ptr::copy_nonoverlapping(buffer.buf_ptr().cast(), all.as_mut_ptr(), buffer.item_count());
        all.set_len(buffer.item_count());
    }
    Ok(all)
}

/// Samples as a Python buffer of bytes, without a copy.
pub(crate) fn from_samples(samples: Vec<f32>) -> Buffer {
    struct Owner(Vec<f32>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            bytemuck::cast_slice(&self.0)
        }
    }
    Buffer(Bytes::from_owner(Owner(samples)))
}
