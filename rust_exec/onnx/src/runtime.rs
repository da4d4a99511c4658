//! Models shared between nodes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::RuntimeKind;
use sha2::{Digest, Sha256};

use crate::config::{Config, model_bytes};
use crate::library;
use crate::model::Model;
use crate::node::OnnxNode;

/// Makes `OnnxNode`s. Nodes whose models have the same bytes share one session, and take turns with it.
///
/// A model stays loaded as long as the runtime lives, so that the next run of a pipeline does not load it again.
pub struct OnnxRuntime {
    environment: Environment,
    models: Mutex<HashMap<[u8; 32], Arc<Model>>>,
}

impl OnnxRuntime {
    /// A runtime with the ONNX Runtime library at `library`, else where `REMOTEMEDIA_ONNXRUNTIME` or `ORT_DYLIB_PATH` say.
    ///
    /// A process loads one library and keeps it: once one is loaded, it serves whatever is asked for.
    ///
    /// # Errors
    ///
    /// `RM609`: no library is named, or the one that is named cannot be loaded.
    pub fn new(library: Option<&Path>) -> Result<Self, NodeFailure> {
        Ok(Self { environment: library::load(library)?, models: Mutex::default() })
    }

    /// The model of these bytes; loaded once.
    fn model(&self, bytes: &[u8]) -> Result<Arc<Model>, NodeFailure> {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let model = match models.entry(digest) {
            Entry::Occupied(loaded) => loaded.into_mut(),
            Entry::Vacant(place) => place.insert(Arc::new(Model::load(&self.environment, bytes)?)),
        };
        Ok(Arc::clone(model))
    }
}

impl NodeRuntime for OnnxRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Onnx
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        if spec.node_type != "OnnxNode" {
            let message = format!("expected an `OnnxNode`, got `{}`", spec.node_type);
            return Err(NodeFailure::new("RM610", message));
        }
        let model = self.model(&model_bytes(spec)?)?;
        let config = Config::read(&spec.params, &model)?;
        Ok(Box::new(OnnxNode::new(model, config)?))
    }
}
