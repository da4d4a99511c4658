//! Models shared between nodes, pipelines and runs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use ort::environment::Environment;
use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_manifest::RuntimeKind;

use crate::config::{Config, model_path, read};
use crate::external::{beside, locations};
use crate::group::Group;
use crate::library;
use crate::model::{Model, Source};
use crate::node::OnnxNode;
use crate::providers::Settings;

/// Makes `OnnxNode`s. Nodes whose models have the same bytes share its sessions, in whatever pipeline of this process they
/// are, and what waits for one at the same time is run as one where that makes no difference.
///
/// A model stays loaded as long as a runtime lives that has used it, so that the next run of a pipeline does not load it
/// again.
pub struct OnnxRuntime {
    environment: Environment,
    models: Mutex<Vec<Arc<Model>>>,
}

/// By digest and settings, the models that somebody still has. Whoever loads one holds its place until it is there.
type Loaded = HashMap<([u8; 32], Settings), Arc<Mutex<Weak<Model>>>>;

static LOADED: LazyLock<Mutex<Loaded>> = LazyLock::new(Mutex::default);

impl OnnxRuntime {
    /// A runtime with the ONNX Runtime library at `library`, else where it is looked for.
    ///
    /// A process loads one library and keeps it: once one is loaded, it serves whatever is asked for.
    ///
    /// # Errors
    ///
    /// `RM609`: there is no library, or it cannot be loaded.
    pub fn new(library: Option<&Path>) -> Result<Self, NodeFailure> {
        Self::confined(library, || Ok(()))
    }

    /// The same for a process that confines itself: after the library was loaded, and before it starts its first thread.
    ///
    /// # Errors
    ///
    /// As [`OnnxRuntime::new`], and what `confine` fails with.
    pub fn confined(
        library: Option<&Path>,
        confine: impl FnOnce() -> Result<(), NodeFailure>,
    ) -> Result<Self, NodeFailure> {
        Ok(Self { environment: library::load(library, confine)?, models: Mutex::default() })
    }

    /// The model that a node names; loaded once.
    fn model(&self, spec: &NodeSpec) -> Result<Arc<Model>, NodeFailure> {
        let settings = Settings::read(&spec.params)?;
        let path = model_path(spec)?;
        let model = read(spec, path)?;
        let external = locations(&model)?.into_iter().map(|location| {
            let content = read(spec, &beside(path, &location))?;
            Ok((location, content.into()))
        });
        let source = Source { external: external.collect::<Result<_, NodeFailure>>()?, model, settings };
        let place = {
            let mut loaded = lock(&LOADED);
            loaded.retain(|_, it| Arc::strong_count(it) > 1 || lock(it).strong_count() > 0);
            Arc::clone(loaded.entry((source.digest(), source.settings.clone())).or_default())
        };
        let mut place = lock(&place);
        let model = match place.upgrade() {
            Some(model) => model,
            None => Arc::new(Model::load(&self.environment, source, &spec.limits)?),
        };
        *place = Arc::downgrade(&model);
        let mut models = lock(&self.models);
        if !models.iter().any(|it| Arc::ptr_eq(it, &model)) {
            models.push(Arc::clone(&model));
        }
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
        let model = self.model(spec)?;
        let config = Config::read(spec, &model)?;
        let group = Group::new(&model, &config, spec)?;
        Ok(Box::new(OnnxNode::new(model, group, config, spec.inputs.clone())))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
