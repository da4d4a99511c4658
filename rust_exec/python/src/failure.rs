//! The one exception that crosses into Python.

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use remotemedia_engine::NodeFailure;
use remotemedia_kernels::KernelError;
use remotemedia_manifest::ManifestError;
use remotemedia_package::PackageError;
use serde_json::{Value, json};

create_exception!(
    remotemedia._native,
    NativeError,
    PyException,
    "A failure as JSON: code, message, hint, causes, and what belongs to it."
);

/// A failure, as the executor reports it in its events.
pub(crate) fn raise(fields: &Value) -> PyErr {
    NativeError::new_err(fields.to_string())
}

pub(crate) fn from_manifest(error: &ManifestError) -> PyErr {
    let ManifestError { code, message, hint, pointer } = error;
    raise(&json!({"code": code, "message": message, "hint": hint, "pointer": pointer}))
}

pub(crate) fn from_package(error: &PackageError) -> PyErr {
    let PackageError { code, message, hint } = error;
    raise(&json!({"code": code, "message": message, "hint": hint}))
}

pub(crate) fn from_kernel(error: &KernelError) -> PyErr {
    raise(&json!({"code": error.code, "message": error.message}))
}

pub(crate) fn from_failure(error: &NodeFailure) -> PyErr {
    let NodeFailure { code, message, hint, causes } = error;
    raise(&json!({"code": code, "message": message, "hint": hint, "causes": causes}))
}
