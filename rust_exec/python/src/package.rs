//! The verdict on documents of a package.

use pyo3::prelude::*;

use crate::failure::from_package;

/// Refuse an artifact's manifest that lists files otherwise than a package does.
#[pyfunction]
pub(crate) fn check_layers(artifact: &[u8]) -> PyResult<()> {
    remotemedia_package::check_layers(artifact).map_err(|error| from_package(&error))
}

/// Refuse a configuration that does not follow from the pipeline's manifest.
#[pyfunction]
pub(crate) fn check_configuration(config: &[u8], manifest: &[u8]) -> PyResult<()> {
    remotemedia_package::check_configuration(config, manifest).map_err(|error| from_package(&error))
}
