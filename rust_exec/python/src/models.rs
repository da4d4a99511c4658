//! The models of a pipeline, loaded once for all of its runs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use remotemedia_engine::NodeFailure;
use remotemedia_onnx::OnnxRuntime;

/// Models that stay loaded as long as this object lives.
#[pyclass(frozen, module = "remotemedia._native")]
pub(crate) struct Models {
    library: Option<PathBuf>,
    runtime: Mutex<Option<Arc<OnnxRuntime>>>,
}

#[pymethods]
impl Models {
    /// `library` is the ONNX Runtime; it is loaded by the first run that has a model.
    #[new]
    fn new(library: Option<PathBuf>) -> Self {
        Self { library, runtime: Mutex::default() }
    }
}

impl Models {
    pub(crate) fn runtime(&self) -> Result<Arc<OnnxRuntime>, NodeFailure> {
        let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*runtime {
            return Ok(Arc::clone(runtime));
        }
        let loaded = Arc::new(OnnxRuntime::new(self.library.as_deref())?);
        *runtime = Some(Arc::clone(&loaded));
        Ok(loaded)
    }
}
