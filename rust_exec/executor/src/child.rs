//! `child`: one node in this process, for the executor that started it (`schemas/child.md`).

use remotemedia_child::serve;
use remotemedia_confine::Confinement;
use remotemedia_engine::NodeFailure;
use remotemedia_onnx::OnnxRuntime;

use crate::args::{ChildArgs, ChildRuntime};
use crate::failure::Failure;

/// Confine this process, then serve one node over stdin and stdout.
///
/// What a runtime has to load is loaded before, what it is given to run is read after.
pub(crate) fn serve_one(args: &ChildArgs) -> Result<(), Failure> {
    let unusable = |why: String| Failure::new("RM701", format!("expected a confinement as JSON, got: {why}"));
    let confinement: Confinement = serde_json::from_str(&args.confinement).map_err(|e| unusable(e.to_string()))?;
    let apply = || confinement.apply().map(drop).map_err(|it| NodeFailure::new(it.code(), it.to_string()));
    let runtime = match args.runtime {
        // The library starts a thread with its first call, which has to be confined with the process.
        ChildRuntime::Onnx => OnnxRuntime::confined(args.places.onnxruntime.as_deref(), apply)?,
    };
    serve(&runtime, std::io::stdin(), std::io::stdout())
        .map_err(|it| Failure::new("RM628", format!("the parent process cannot be spoken to: {it}")))
}
