//! Execution providers and threads: what a session computes with.

use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};
use remotemedia_engine::NodeFailure;
use serde_json::{Map, Value};

/// Names the providers of this machine, separated by commas; it goes before what a node says.
pub(crate) const VARIABLE: &str = "REMOTEMEDIA_ONNX_PROVIDERS";

/// Most threads that one session may have.
const MAX_THREADS: u64 = 256;

/// What a session computes with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Settings {
    /// In order of preference; the processor is always there, last.
    providers: Vec<&'static str>,
    /// Threads of one run; 0 is the library's choice.
    pub(crate) threads: usize,
}

/// A provider by its name here.
struct Provider {
    name: &'static str,
    is_available: fn() -> ort::Result<bool>,
    dispatch: fn() -> ExecutionProviderDispatch,
}

macro_rules! providers {
    ($($name:literal => $kind:ident),* $(,)?) => {
        &[$(Provider {
            name: $name,
            is_available: <ep::$kind as ExecutionProvider>::is_available,
            dispatch: || ep::$kind::default().build().error_on_failure(),
        }),*]
    };
}

const PROVIDERS: &[Provider] = providers! {
    "cpu" => CPU,
    "coreml" => CoreML,
    "cuda" => CUDA,
    "directml" => DirectML,
    "migraphx" => MIGraphX,
    "openvino" => OpenVINO,
    "qnn" => QNN,
    "rocm" => ROCm,
    "tensorrt" => TensorRT,
    "xnnpack" => XNNPACK,
};

impl Settings {
    /// What the machine says, else the node.
    ///
    /// # Errors
    ///
    /// `RM211`: a parameter has the wrong type. `RM608`: the library does not have the provider.
    pub(crate) fn read(params: &Map<String, Value>) -> Result<Self, NodeFailure> {
        let threads = params.get("threads").map_or(Some(1), Value::as_u64).filter(|it| *it <= MAX_THREADS);
        let threads = threads.and_then(|it| usize::try_from(it).ok()).ok_or_else(|| {
            let got = params.get("threads").unwrap_or(&Value::Null);
            NodeFailure::new("RM211", format!("expected an integer from 0 to {MAX_THREADS} for `threads`, got `{got}`"))
        })?;
        let named = std::env::var(VARIABLE).ok().filter(|it| !it.trim().is_empty());
        let names = match (&named, params.get("providers")) {
            (Some(named), _) => named.split(',').map(|it| it.trim().to_owned()).collect(),
            (None, Some(names)) => list(names)?,
            (None, None) => Vec::new(),
        };
        let providers = names.iter().map(|it| known(it)).collect::<Result<_, _>>()?;
        Ok(Self { providers, threads })
    }

    /// The providers, in their order.
    pub(crate) fn dispatches(&self) -> Vec<ExecutionProviderDispatch> {
        let of = |name: &&str| PROVIDERS.iter().find(|it| it.name == *name).map(|it| (it.dispatch)());
        self.providers.iter().filter_map(of).collect()
    }

    /// Whether all is computed by the processor.
    pub(crate) fn is_cpu(&self) -> bool {
        self.providers.iter().all(|it| *it == "cpu")
    }
}

fn list(names: &Value) -> Result<Vec<String>, NodeFailure> {
    let items = names.as_array().and_then(|it| it.iter().map(|name| name.as_str().map(str::to_owned)).collect());
    items.ok_or_else(|| NodeFailure::new("RM211", format!("expected a list of names for `providers`, got `{names}`")))
}

/// A provider that the library has.
fn known(name: &str) -> Result<&'static str, NodeFailure> {
    let is_there = |it: &&Provider| (it.is_available)().unwrap_or(false);
    match PROVIDERS.iter().filter(is_there).find(|it| it.name == name) {
        Some(provider) => Ok(provider.name),
        None => {
            let there: Vec<&str> = PROVIDERS.iter().filter(is_there).map(|it| it.name).collect();
            let message = format!(
                "expected an execution provider of this ONNX Runtime library ({}), got `{}`",
                there.join(", "),
                name.chars().take(100).collect::<String>()
            );
            let hint = format!("change `providers`, or `{VARIABLE}`, or name another library");
            Err(NodeFailure::new("RM608", message).with_hint(hint))
        }
    }
}
