//! How the guest of a node is made, as often as it is needed.

use std::sync::Arc;

use remotemedia_engine::{NodeFailure, NodeSpec};
use remotemedia_manifest::modules;
use wasmtime::Store;

use crate::component::Component;
use crate::failure::{self, Stage};
use crate::guest::Guest;
use crate::instance::{End, Instance, Timer};
use crate::sandbox::Sandbox;
use crate::warm::Warm;

/// What a node's guests are made of.
pub(crate) struct Recipe {
    origin: Origin,
    code: Code,
}

enum Origin {
    Component(Arc<Component>),
    Runner(Arc<Warm>),
}

/// What a guest is told before its first packet.
pub(crate) struct Code {
    /// What `init` takes, by `schemas/node.wit`.
    pub(crate) config: String,
    /// What the Python runner is to run.
    pub(crate) python: Option<PythonSource>,
}

/// A node in Python.
pub(crate) struct PythonSource {
    pub(crate) entry: String,
    pub(crate) sources: Vec<(String, String)>,
    /// Arrays that the parameters name: path and npy file.
    pub(crate) arrays: Vec<(String, Vec<u8>)>,
}

impl Recipe {
    /// For a component, whose parameters are all that are not the node's own.
    pub(crate) fn of_component(component: Arc<Component>, spec: &NodeSpec) -> Self {
        let config = spec.config(&modules::told(&spec.params));
        Self { origin: Origin::Component(component), code: Code { config, python: None } }
    }

    /// For a class in Python.
    pub(crate) fn of_python(warm: Arc<Warm>, spec: &NodeSpec) -> Result<Self, NodeFailure> {
        let entry = spec.entry.clone().ok_or_else(|| {
            NodeFailure::new("RM601", format!("expected an `entry` for `{}`, got none", spec.node_type))
        })?;
        let python = PythonSource { entry, sources: spec.files.python_sources()?, arrays: spec.arrays()? };
        let code = Code { config: spec.config(&spec.params), python: Some(python) };
        Ok(Self { origin: Origin::Runner(warm), code })
    }

    /// A guest that is ready for its first packet, and whether it is a source.
    pub(crate) fn make(&self, spec: &NodeSpec, timer: &Timer) -> Result<(Instance, bool), NodeFailure> {
        let made = match &self.origin {
            Origin::Component(component) => timer.run(spec, component.instantiate(spec)),
            Origin::Runner(warm) => timer.run(spec, warm.take(spec)),
        };
        let (store, guest) = match made {
            Ok(made) => made?,
            Err(why) => return Err(failure::abandoned(why, &spec.limits)),
        };
        let mut instance = Instance { store, guest };
        let init = async |guest: &mut Guest, store: &mut Store<Sandbox>| guest.init(store, &self.code).await;
        let is_source = instance.call(timer, spec, Stage::Make, init).map_err(End::into_failure)?;
        Ok((instance, is_source))
    }
}
