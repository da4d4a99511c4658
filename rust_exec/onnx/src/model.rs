//! A model's session and what its inputs and outputs are.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use ort::value::Outlet;
use remotemedia_engine::NodeFailure;
use remotemedia_packet::Dtype;

use crate::value::dtype_of;

/// Where a model's external data is looked for: nowhere, because only the model's own bytes were verified.
const NO_EXTERNAL_DATA: (&str, &str) = ("session.model_external_initializers_file_folder_path", "/dev/null");

/// A loaded model.
pub(crate) struct Model {
    /// The library does not allow two runs of a session at once.
    session: Mutex<Session>,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
}

/// An input or output of a model.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) name: String,
    /// Element type and lengths of the axes, −1 for any; `None` where it is not a tensor of a type that packets have.
    pub(crate) tensor: Option<(Dtype, Vec<i64>)>,
}

impl Model {
    /// Load a model on one thread.
    ///
    /// # Errors
    ///
    /// `RM608`: the bytes are not a model, or one that the library cannot run.
    pub(crate) fn load(environment: &Environment, bytes: &[u8]) -> Result<Self, NodeFailure> {
        let refused = |error: String| NodeFailure::new("RM608", format!("expected an ONNX model: {}", brief(&error)));
        let session = builder(environment)
            .and_then(|mut it| it.commit_from_memory(bytes))
            .map_err(|error| refused(error.to_string()))?;
        let (inputs, outputs) = (session.inputs().iter().map(Port::of), session.outputs().iter().map(Port::of));
        let (inputs, outputs) = (inputs.collect(), outputs.collect());
        Ok(Self { session: Mutex::new(session), inputs, outputs })
    }

    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Port {
    fn of(outlet: &Outlet) -> Self {
        let tensor = outlet.dtype().tensor_type().and_then(dtype_of).zip(outlet.dtype().tensor_shape());
        Self { name: outlet.name().to_owned(), tensor: tensor.map(|(dtype, shape)| (dtype, shape.to_vec())) }
    }
}

fn builder(environment: &Environment) -> ort::Result<SessionBuilder> {
    let builder = Session::builder(environment)?.with_intra_threads(1)?.with_inter_threads(1)?;
    Ok(builder.with_config_entry(NO_EXTERNAL_DATA.0, NO_EXTERNAL_DATA.1)?)
}

/// The first line of what the library says, bounded.
pub(crate) fn brief(message: &str) -> String {
    message.lines().next().unwrap_or_default().chars().take(500).collect()
}
