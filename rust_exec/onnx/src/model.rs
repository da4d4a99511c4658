//! A model: what its inputs and outputs are, and the sessions that run it.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::Builder;

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use ort::value::{Outlet, ValueType};
use remotemedia_engine::{EffectiveLimits, NodeFailure};
use sha2::{Digest, Sha256};

use crate::gate::Gate;
use crate::providers::Settings;
use crate::value::Element;

/// Where a model's external data is looked for: nowhere, because only bytes that were handed over were verified.
const NO_EXTERNAL_DATA: (&str, &str) = ("session.model_external_initializers_file_folder_path", "/dev/null");

/// Bytes of model and weights up to which it may have several sessions.
const SMALL: usize = 32 << 20;

/// Bytes of a model and of the weights beside it, and what they are computed with.
pub(crate) struct Source {
    pub(crate) model: Vec<u8>,
    /// Content by location.
    pub(crate) external: BTreeMap<String, Arc<[u8]>>,
    pub(crate) settings: Settings,
}

/// A loaded model.
pub(crate) struct Model {
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    /// Where nodes meet that run it.
    pub(crate) gate: Arc<Gate>,
}

/// An input or output of a model.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) name: String,
    /// `None` where it is not a tensor of a type that packets have.
    pub(crate) tensor: Option<TensorType>,
}

/// The type of a model's tensor.
#[derive(Clone, Debug)]
pub(crate) struct TensorType {
    pub(crate) element: Element,
    /// Lengths of the axes, −1 for any.
    pub(crate) shape: Vec<i64>,
    /// Names of the axes of any length; empty where they have none.
    pub(crate) symbols: Vec<String>,
}

impl Model {
    /// Load a model.
    ///
    /// # Errors
    ///
    /// `RM608`: the bytes are not a model, or one that the library cannot run. `RM604`: it wants too much memory.
    pub(crate) fn load(
        environment: &Environment,
        source: Source,
        limits: &EffectiveLimits,
    ) -> Result<Self, NodeFailure> {
        let opened = source.open(environment, &[]);
        let session = opened.map_err(|error| failure("expected an ONNX model", &error.to_string(), limits))?;
        let (inputs, outputs) = (session.inputs().iter().map(Port::of), session.outputs().iter().map(Port::of));
        let (inputs, outputs): (Vec<Port>, Vec<Port>) = (inputs.collect(), outputs.collect());
        // Of a large model, and on other devices, one session is enough to pay for.
        let is_small = source.byte_len() <= SMALL && source.settings.is_cpu();
        let opener = is_small.then(|| Arc::new(Opener::new(source, environment.clone())));
        Ok(Self { inputs, outputs, gate: Arc::new(Gate::new(session, opener)?) })
    }
}

/// Makes further sessions of a model.
pub(crate) struct Opener {
    source: Source,
    environment: Environment,
    /// How many are being made in threads of their own.
    making: Mutex<usize>,
    made: Condvar,
}

impl Opener {
    pub(crate) fn new(source: Source, environment: Environment) -> Self {
        Self { source, environment, making: Mutex::default(), made: Condvar::new() }
    }

    /// A session for inputs whose named axes have these lengths; of any length where none are named.
    pub(crate) fn open(&self, axes: &[(String, i64)]) -> ort::Result<Session> {
        self.source.open(&self.environment, axes)
    }

    /// Do what makes a session in a thread of its own; whether there is one to be had.
    pub(crate) fn spawn(self: &Arc<Self>, make: impl FnOnce(&Self) + Send + 'static) -> bool {
        let making = Making::begin(self);
        Builder::new().name("onnx session".to_owned()).spawn(move || make(&making.0)).is_ok()
    }

    /// Wait until no thread makes one: the library does not survive the end of the process in the midst of that.
    pub(crate) fn rest(&self) {
        let making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.made.wait_while(making, |it| *it > 0));
    }
}

/// One that is being made.
struct Making(Arc<Opener>);

impl Making {
    fn begin(opener: &Arc<Opener>) -> Self {
        *opener.making.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(Arc::clone(opener))
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        *self.0.making.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.made.notify_all();
    }
}

impl Source {
    /// What tells sources apart.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let mut add = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        add(&self.model);
        for (location, content) in &self.external {
            add(location.as_bytes());
            add(content);
        }
        digest.finalize().into()
    }

    fn byte_len(&self) -> usize {
        self.model.len() + self.external.values().map(|it| it.len()).sum::<usize>()
    }

    fn open(&self, environment: &Environment, axes: &[(String, i64)]) -> ort::Result<Session> {
        self.builder(environment, axes)?.commit_from_memory(&self.model)
    }

    fn builder(&self, environment: &Environment, axes: &[(String, i64)]) -> ort::Result<SessionBuilder> {
        let builder = Session::builder(environment)?.with_config_entry(NO_EXTERNAL_DATA.0, NO_EXTERNAL_DATA.1)?;
        let mut builder = builder.with_inter_threads(1)?.with_intra_op_spinning(false)?;
        if self.settings.threads > 0 {
            builder = builder.with_intra_threads(self.settings.threads)?;
        }
        let providers = self.settings.dispatches();
        if !self.settings.is_cpu() {
            builder = builder.with_execution_providers(providers)?;
        }
        for (location, content) in &self.external {
            builder = builder.with_external_initializer_file_in_memory(location, Arc::clone(content))?;
        }
        for (name, length) in axes {
            builder = builder.with_dimension_override(name, *length)?;
        }
        Ok(builder)
    }
}

impl Port {
    fn of(outlet: &Outlet) -> Self {
        let tensor = outlet.dtype().tensor_type().and_then(Element::of).zip(outlet.dtype().tensor_shape());
        let symbols = match outlet.dtype() {
            ValueType::Tensor { dimension_symbols, .. } => dimension_symbols.to_vec(),
            _ => Vec::new(),
        };
        let tensor = tensor.map(|(element, shape)| TensorType { element, shape: shape.to_vec(), symbols });
        Self { name: outlet.name().to_owned(), tensor }
    }
}

impl TensorType {
    /// Whether an axis may have any length, and its name.
    pub(crate) fn symbol(&self, axis: usize) -> Option<&str> {
        let is_free = self.shape.get(axis).is_some_and(|it| *it < 0);
        is_free.then(|| self.symbols.get(axis).map_or("", String::as_str))
    }

    /// The axis of that name.
    pub(crate) fn axis(&self, symbol: &str) -> Option<usize> {
        (0..self.shape.len()).find(|axis| self.symbol(*axis) == Some(symbol))
    }
}

/// What the library says of a failure, as ours: its first line, bounded.
pub(crate) fn failure(what: &str, said: &str, limits: &EffectiveLimits) -> NodeFailure {
    if said.contains("bad_alloc") || said.contains("Failed to allocate memory") {
        return NodeFailure::out_of_memory(limits);
    }
    let said: String = said.lines().next().unwrap_or_default().chars().take(500).collect();
    NodeFailure::new("RM608", format!("{what}: {said}"))
}
