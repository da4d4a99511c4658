//! How Python ends a run from another thread.

use pyo3::prelude::*;

/// Ends one run; once cancelled it stays so.
#[pyclass(frozen, module = "remotemedia._native")]
pub(crate) struct Cancel(pub(crate) remotemedia_engine::Cancel);

#[pymethods]
impl Cancel {
    #[new]
    fn new() -> Self {
        Self(remotemedia_engine::Cancel::new())
    }

    /// End the run: calls under way end, no other begins.
    fn cancel(&self) {
        self.0.cancel();
    }
}
