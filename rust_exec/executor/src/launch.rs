//! What the nodes of a run are made from: package, plan and places become instances.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use remotemedia_child::{ProgramRuntime, Python, PythonRuntime, RustPythonRuntime};
use remotemedia_engine::{EffectiveLimits, FileSource as _, NodeParts, NodeRuntime, NodeSpec};
use remotemedia_manifest::{Limits, Node, RuntimeKind};
use remotemedia_nodes::NativeRuntime;
use remotemedia_onnx::PlacedRuntime;
use remotemedia_wasm::{PythonWasmRuntime, Runner, WasmRuntime};

use crate::args::Places;
use crate::events::Events;
use crate::failure::Failure;
use crate::packages::Packages;
use crate::plan::{NodePlan, Plan, PythonPlan};
use crate::{arrays, confined, grants};

/// All that the nodes of one run are made from.
pub(crate) struct Launch<'a> {
    pub(crate) packages: &'a Packages,
    pub(crate) has_input: bool,
    pub(crate) plan: &'a Plan,
    pub(crate) places: &'a Places,
    pub(crate) events: &'a Arc<Events>,
}

impl Launch<'_> {
    /// An instance of every node. What one run needs of a runtime is made once.
    pub(crate) fn instances(&self) -> Result<Vec<NodeParts>, Failure> {
        let mut runtimes: BTreeMap<(RuntimeKind, bool), Arc<dyn NodeRuntime>> = BTreeMap::new();
        let nodes = &self.packages.manifest().nodes;
        let mut instances = Vec::with_capacity(nodes.len());
        for node in nodes {
            if let Some(host) = &node.host {
                let message = format!("node `{}` runs on `{host}`, which this executor cannot reach", node.id);
                let hint = "leave out `remote_config` or `host` to run it here";
                return Err(Failure::new("RM610", message).with_hint(hint));
            }
            let kind = self.kind(node);
            let is_trusted = self.packages.origin(node)?.signer_trusted && kind == RuntimeKind::Onnx;
            let runtime = match runtimes.entry((kind, is_trusted)) {
                Entry::Occupied(made) => made.into_mut(),
                Entry::Vacant(place) => place.insert(Arc::from(self.runtime(kind, &node.id, is_trusted)?)),
            };
            let made = NodeParts::make(runtime.as_ref(), self.spec(node, kind)?);
            let made = made.map_err(|it| Failure::from(*it))?;
            let policy = self.plan.nodes.get(&node.id).map(|it| it.on_error).unwrap_or_default();
            instances.push(made.with_policy(policy, Arc::clone(runtime)));
        }
        Ok(instances)
    }

    /// The runtime of every node, by id, and of nodes in packages that are nodes the package's digest.
    pub(crate) fn runtimes(&self) -> Result<Vec<(String, String)>, Failure> {
        let runtime = |node: &Node| {
            let (kind, origin) = (self.kind(node), self.packages.origin(node)?);
            let text = if origin.is_nested { format!("{kind} {}", origin.digest) } else { kind.to_string() };
            Ok((node.id.clone(), text))
        };
        self.packages.manifest().nodes.iter().map(runtime).collect()
    }

    /// Every runtime that this run needs.
    pub(crate) fn kinds(&self) -> BTreeSet<RuntimeKind> {
        self.packages.manifest().nodes.iter().map(|it| self.kind(it)).collect()
    }

    /// The plan's word, else what the node says of itself.
    fn kind(&self, node: &Node) -> RuntimeKind {
        let planned = self.plan.nodes.get(&node.id).and_then(|it| it.runtime);
        planned.unwrap_or_else(|| node.default_runtime())
    }

    fn runtime(&self, kind: RuntimeKind, node: &str, is_trusted: bool) -> Result<Box<dyn NodeRuntime>, Failure> {
        Ok(match kind {
            RuntimeKind::Native => Box::new(NativeRuntime),
            RuntimeKind::Onnx => {
                let library = self.places.onnxruntime.as_deref();
                Box::new(PlacedRuntime::new(own_path()?, library, is_trusted)?)
            }
            RuntimeKind::Wasm => {
                let events = Arc::clone(self.events);
                let compiling = move |file: &str| events.notice(&format!("compiling component `{file}`, once"));
                Box::new(WasmRuntime::new(&self.places.home(), Some(&own_path()?), compiling)?)
            }
            RuntimeKind::PythonWasm => {
                let mut compiling = |reason: &str| {
                    self.events.notice(&format!("compiling the Python runner, which takes some seconds: {reason}"));
                };
                let runner = Runner::load(&self.places.runner(), &self.places.home(), &mut compiling)?;
                Box::new(PythonWasmRuntime::new(runner))
            }
            RuntimeKind::Python => Box::new(self.python()?),
            RuntimeKind::Rustpython => {
                let program = self.places.installed_rustpython()?;
                Box::new(RustPythonRuntime::new(own_path()?, program))
            }
            RuntimeKind::Program => Box::new(ProgramRuntime::new(own_path()?)),
            RuntimeKind::Pipeline => {
                let message = format!("node `{node}` wants the runtime `{kind}`, which this executor does not have");
                let hint = "nodes of the standard library alone run in `python-wasm`";
                return Err(Failure::new("RM610", message).with_hint(hint));
            }
        })
    }

    /// The host's Python: workers in the environments that the plan names.
    fn python(&self) -> Result<PythonRuntime, Failure> {
        let own = own_path()?;
        let python = |it: &PythonPlan| {
            let PythonPlan { interpreter, path, read } = it.clone();
            Python { interpreter, path, read }
        };
        let nodes = &self.plan.nodes;
        let nodes = nodes.iter().filter_map(|(id, it)| Some((id.clone(), python(it.python.as_ref()?)))).collect();
        let workers = self.plan.nodes.iter().filter_map(|(id, it)| Some((id.clone(), it.workers?))).collect();
        Ok(PythonRuntime::new(own, nodes).scratch_in(confined::scratch(self.places)).with_workers(workers))
    }

    fn spec(&self, node: &Node, kind: RuntimeKind) -> Result<NodeSpec, Failure> {
        let unplanned = NodePlan::default();
        let plan = self.plan.nodes.get(&node.id).unwrap_or(&unplanned);
        grants::check(node, kind, &plan.grants)?;
        let (manifest, files) = (self.packages.manifest(), &self.packages.origin(node)?.files);
        let spec = NodeSpec::of(manifest, node, Arc::clone(files) as _, Arc::clone(self.events) as _);
        let (entry, params) = match kind {
            RuntimeKind::Native | RuntimeKind::Onnx => {
                (spec.entry.clone(), arrays::listed(&node.params, &|path| files.read(path))?)
            }
            _ => {
                let class = node.built_in().map(|it| format!("{}:{}", it.module, it.name));
                (spec.entry.clone().or(class), spec.params.clone())
            }
        };
        Ok(NodeSpec {
            entry,
            params,
            fed: self.has_input || manifest.connections.iter().any(|it| it.to == node.id),
            limits: effective(&plan.limits, node.limits.as_ref()),
            grants: plan.grants.clone(),
            seed: self.plan.seed,
            ..spec
        })
    }
}

/// This program, which also is what its children run.
fn own_path() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::new("RM626", format!("expected this program's own path, got: {error}")))
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
