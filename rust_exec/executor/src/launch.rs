//! Package and plan become a running pipeline.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use remotemedia_engine::{
    Cancel, EffectiveLimits, FileSource as _, NodeFailure, NodeParts, NodeRuntime, NodeSpec, Pipeline, RunError,
};
use remotemedia_manifest::{Limits, Manifest, Node, RuntimeKind};
use remotemedia_nodes::NativeRuntime;
use remotemedia_onnx::OnnxRuntime;
use remotemedia_package::Package;
use remotemedia_wasm::{PythonWasmRuntime, Runner};

use crate::args::{Places, RunArgs};
use crate::events::Events;
use crate::failure::Failure;
use crate::files::PackageFiles;
use crate::output::Output;
use crate::plan::{NodePlan, Plan};
use crate::secrets::Secrets;
use crate::{arrays, input, interrupt};

/// Run a package to the end of its input.
pub(crate) fn run(args: &RunArgs, events: &Arc<Events>) -> Result<(), Failure> {
    let plan = Plan::read(args.plan.as_ref())?;
    let package = Package::open(&args.package, &args.digest)?;
    package.check()?;
    events.stage("open");
    let secrets = Arc::new(Secrets::read(args.secrets_fd)?);
    events.hide(&secrets);
    let manifest = package.manifest().resolve(&plan.set)?.reveal(secrets.values())?;
    let files = Arc::new(PackageFiles(package));
    let input = args.input.as_ref().or(plan.input.as_ref());
    let has_input = input.is_some();
    let launch = Launch { manifest: &manifest, has_input, files, plan: &plan, places: &args.places, events };
    let instances = launch.instances()?;
    events.stage("load");
    let pipeline = Pipeline::new(&manifest, instances).map_err(failure)?;
    let cancel = Cancel::new();
    interrupt::cancels(&cancel, events)?;
    let packets = match input {
        Some(path) => input::open(path, &cancel)?,
        None if pipeline.takes_input() => {
            let hint = "give it a file with `--input FILE`, or JSON lines on stdin with `--input -`";
            return Err(Failure::new("RM612", "expected an input for the pipeline, got none").with_hint(hint));
        }
        None => Box::new(std::iter::empty()),
    };
    let output = args.output.as_ref().or(plan.output.as_ref());
    let mut output = Output::open(output.map(|it| it.as_path()), plan.packets)?;
    events.stage("start");
    let mut failed = None;
    let mut sink = |_leaf: &str, packet| {
        events.first_output();
        output.write(&packet).map_err(|it| {
            let stop = NodeFailure::new(it.code, it.message.clone());
            failed = Some(it);
            stop
        })
    };
    let report = pipeline.run(packets, &mut sink, &cancel);
    if let Some(failed) = failed {
        return Err(failed);
    }
    let report = report.map_err(failure)?;
    output.finish()?;
    events.done(&report);
    Ok(())
}

fn failure(error: RunError) -> Failure {
    match error {
        RunError::Node(it) => (*it).into(),
        RunError::Setup(it) | RunError::Input(it) | RunError::Output(it) => it.into(),
        RunError::Cancelled => Failure::new("RM615", "the run was interrupted"),
    }
}

/// All that the nodes of one run are made from.
struct Launch<'a> {
    manifest: &'a Manifest,
    has_input: bool,
    files: Arc<PackageFiles>,
    plan: &'a Plan,
    places: &'a Places,
    events: &'a Arc<Events>,
}

impl Launch<'_> {
    /// An instance of every node. What one run needs of a runtime is made once.
    fn instances(&self) -> Result<Vec<NodeParts>, Failure> {
        let mut runtimes: BTreeMap<RuntimeKind, Box<dyn NodeRuntime>> = BTreeMap::new();
        let mut instances = Vec::with_capacity(self.manifest.nodes.len());
        for node in &self.manifest.nodes {
            if let Some(host) = &node.host {
                let message = format!("node `{}` runs on `{host}`, which this executor cannot reach", node.id);
                let hint = "leave out `remote_config` or `host` to run it here";
                return Err(Failure::new("RM610", message).with_hint(hint));
            }
            let kind = self.kind(node);
            let runtime = match runtimes.entry(kind) {
                Entry::Occupied(made) => made.into_mut(),
                Entry::Vacant(place) => place.insert(self.runtime(kind, &node.id)?),
            };
            let made = NodeParts::make(runtime.as_ref(), self.spec(node, kind)?);
            instances.push(made.map_err(|it| Failure::from(*it))?);
        }
        Ok(instances)
    }

    /// The plan's word, else the author's, else the first that the node's type has.
    fn kind(&self, node: &Node) -> RuntimeKind {
        let default = node.built_in().and_then(|it| it.kinds.first().copied());
        let planned = self.plan.nodes.get(&node.id).and_then(|it| it.runtime);
        planned.or(node.runtime).or(default).unwrap_or(RuntimeKind::PythonWasm)
    }

    fn runtime(&self, kind: RuntimeKind, node: &str) -> Result<Box<dyn NodeRuntime>, Failure> {
        Ok(match kind {
            RuntimeKind::Native => Box::new(NativeRuntime),
            RuntimeKind::Onnx => Box::new(OnnxRuntime::new(self.places.onnxruntime.as_deref())?),
            RuntimeKind::PythonWasm => {
                let mut compiling = |reason: &str| {
                    self.events.notice(&format!("compiling the Python runner, which takes some seconds: {reason}"));
                };
                let runner = Runner::load(&self.places.runner(), &self.places.home(), &mut compiling)?;
                Box::new(PythonWasmRuntime::new(runner))
            }
            RuntimeKind::Wasm | RuntimeKind::Rustpython | RuntimeKind::Python | RuntimeKind::Pipeline => {
                let message = format!("node `{node}` wants the runtime `{kind}`, which this executor does not have");
                let hint = "nodes of the standard library alone run in `python-wasm`";
                return Err(Failure::new("RM610", message).with_hint(hint));
            }
        })
    }

    fn spec(&self, node: &Node, kind: RuntimeKind) -> Result<NodeSpec, Failure> {
        let unplanned = NodePlan::default();
        let plan = self.plan.nodes.get(&node.id).unwrap_or(&unplanned);
        if let Some(wanted) = node.grants.iter().find(|it| !plan.grants.contains(it)) {
            let message = format!("node `{}` wants the grant `{wanted}`, which it was not given", node.id);
            return Err(Failure::new("RM507", message).with_hint(format!("if you agree, add `--allow {wanted}`")));
        }
        let spec = NodeSpec::of(self.manifest, node, Arc::clone(&self.files) as _, Arc::clone(self.events) as _);
        let (entry, params) = match kind {
            RuntimeKind::Native | RuntimeKind::Onnx => {
                (spec.entry.clone(), arrays::listed(&node.params, &|path| self.files.read(path))?)
            }
            _ => {
                let class = node.built_in().map(|it| format!("{}:{}", it.module, it.name));
                (spec.entry.clone().or(class), spec.params.clone())
            }
        };
        Ok(NodeSpec {
            entry,
            params,
            fed: self.has_input || self.manifest.connections.iter().any(|it| it.to == node.id),
            limits: effective(&plan.limits, node.limits.as_ref()),
            grants: plan.grants.clone(),
            seed: self.plan.seed,
            ..spec
        })
    }
}

/// What the host allows, or less where the package asks for less.
fn effective(host: &Limits, package: Option<&Limits>) -> EffectiveLimits {
    let default = EffectiveLimits::default();
    let least = |host: Option<u64>, default: u64, package: Option<u64>| {
        let allowed = host.unwrap_or(default);
        package.map_or(allowed, |it| it.min(allowed))
    };
    let of = |it: fn(&Limits) -> Option<u64>| package.and_then(it);
    let seconds = host.timeout_s.unwrap_or(default.timeout.as_secs_f64());
    let seconds = package.and_then(|it| it.timeout_s).map_or(seconds, |it| it.min(seconds));
    EffectiveLimits {
        memory: least(host.memory_mb, default.memory >> 20, of(|it| it.memory_mb)).saturating_mul(1 << 20),
        timeout: Duration::try_from_secs_f64(seconds).unwrap_or(default.timeout),
        output_bytes: least(host.output_bytes, default.output_bytes, of(|it| it.output_bytes)),
        output_packets: least(host.output_packets, default.output_packets, of(|it| it.output_packets)),
        log_bytes: least(host.log_bytes, default.log_bytes, of(|it| it.log_bytes)),
    }
}
