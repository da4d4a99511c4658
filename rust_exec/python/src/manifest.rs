//! The verdict on a manifest.

use pyo3::prelude::*;
use remotemedia_manifest::Manifest;

use crate::failure::from_manifest;

/// The warnings of a valid manifest, each a message and the JSON pointer of its place.
#[pyfunction]
pub(crate) fn validate_manifest(text: &[u8]) -> PyResult<Vec<(String, String)>> {
    let (_, warnings) = Manifest::parse(text).map_err(|e| from_manifest(&e))?;
    Ok(warnings.into_iter().map(|it| (it.message, it.pointer)).collect())
}
