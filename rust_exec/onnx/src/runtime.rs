//! Models shared between nodes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use ort::environment::Environment;
use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::RuntimeKind;
use sha2::{Digest, Sha256};

use crate::config::{Config, model_bytes};
use crate::library;
use crate::model::Model;
use crate::node::OnnxNode;

/// Makes `OnnxNode`s. Nodes whose models have the same bytes share one session, and take turns with it.
pub struct OnnxRuntime {
    environment: Environment,
    models: Mutex<HashMap<[u8; 32], Weak<Model>>>,
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

    /// The model of these bytes; loaded, unless a living node has it.
    fn model(&self, bytes: &[u8]) -> Result<Arc<Model>, NodeFailure> {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = models.get(&digest).and_then(Weak::upgrade) {
            return Ok(model);
        }
        let model = Arc::new(Model::load(&self.environment, bytes)?);
        models.retain(|_, it| it.strong_count() > 0);
        models.insert(digest, Arc::downgrade(&model));
        Ok(model)
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
