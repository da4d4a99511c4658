//! Package and plan become a running pipeline, and its output.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use remotemedia_engine::{Cancel, NodeFailure, NodeParts, Pipeline, Report, RunError};
use remotemedia_manifest::Manifest;
use remotemedia_packet::Packet;

use crate::args::RunArgs;
use crate::checkpoint::{self, Begun, Checkpoints, Identity};
use crate::confined;
use crate::events::Events;
use crate::failure::Failure;
use crate::input::{self, Packets};
use crate::launch::Launch;
use crate::output::Output;
use crate::packages::Packages;
use crate::plan::Plan;
use crate::probe::Probe;
use crate::secrets::Secrets;
use crate::steering::{Steering, Stream};
use crate::ticker::Ticker;

/// Run a package to the end of its input.
pub(crate) fn run(args: &RunArgs, events: &Arc<Events>) -> Result<(), Failure> {
    let plan = Plan::read(args.plan.as_ref())?;
    let secrets = Arc::new(Secrets::read(args.secrets_fd)?);
    events.hide(&secrets);
    let packages = Packages::open(&args.package, &args.digest, &plan, secrets.values())?;
    events.stage("open");
    let input = args.input.as_ref().or(plan.input.as_ref()).map(PathBuf::as_path);
    let output = args.output.as_ref().or(plan.output.as_ref()).map(PathBuf::as_path);
    let launch = Launch { packages: &packages, has_input: input.is_some(), plan: &plan, places: &args.places, events };
    // Before the confinement, which cannot name a directory that is not there.
    let opened = plan.checkpoint.as_ref().map(|it| it.open(plan.pace, input, output)).transpose()?;
    let control = Stream::open(args.control_fd)?;
    confined::confine(args, &plan, &launch.kinds(), events)?;
    let runtimes = launch.runtimes()?;
    let instances = launch.instances()?;
    let manifest = packages.graph(&instances)?;
    let mut probe = plan.probe.then(Probe::default);
    let pipeline = pipeline(&manifest, instances, &mut probe, &plan, events)?;
    let pipeline = if input.is_some_and(Path::is_file) { pipeline.with_input_at_hand() } else { pipeline };
    let cancel = Cancel::new();
    let steering = Steering::begin(&cancel, pipeline.control(), events)?;
    steering.follow(control)?;
    let (mut checkpoints, output) = match opened {
        None => (None, Output::open(output, plan.packets)?),
        Some(opened) => {
            let identity = Identity::of(&args.digest, &plan, &runtimes, input, &opened.output)?;
            match Checkpoints::begin(opened, identity, plan.packets, events)? {
                Begun::Runs(checkpoints, output) => (Some(checkpoints), output),
                Begun::HadEnded => return Ok(()),
            }
        }
    };
    let passed = checkpoints.as_ref().map_or(0, |it| it.passed());
    let mut packets = packets(input, passed, plan.input_packets, &pipeline)?;
    if let Some(probe) = &mut probe {
        packets = Box::new(packets.inspect(probe.watch_input()));
    }
    events.stage("start");
    let (report, output) =
        Drive { pipeline, packets, output, plan: &plan, events }.run(checkpoints.as_deref_mut(), &cancel, probe)?;
    let interrupted = steering.interrupted();
    match checkpoints {
        // It is not at its end: another run goes on from the last checkpoint.
        Some(_) if interrupted.is_some() => {}
        Some(it) => it.finish(output)?,
        None => output.finish()?,
    }
    if let Some(interrupted) = interrupted {
        return Err(interrupted);
    }
    events.done(&report);
    Ok(())
}

/// The nodes of a run as a pipeline that is ready to go, each watched by the probe where there is one.
fn pipeline(
    manifest: &Manifest,
    mut instances: Vec<NodeParts>,
    probe: &mut Option<Probe>,
    plan: &Plan,
    events: &Arc<Events>,
) -> Result<Pipeline, Failure> {
    if let Some(probe) = probe {
        instances = instances.into_iter().map(|it| probe.watch(it)).collect();
    }
    events.stage("load");
    let pipeline = Pipeline::new(manifest, instances).map_err(failure)?;
    Ok(pipeline.with_pace(plan.pace).telling(Arc::clone(events) as _))
}

/// The run's input, without the packets that an earlier run has passed.
fn packets(input: Option<&Path>, passed: u64, envelope: bool, pipeline: &Pipeline) -> Result<Packets, Failure> {
    match input {
        Some(path) => input::open(path, passed, envelope, &pipeline.control().draining()),
        None if pipeline.takes_input() => {
            let hint = "give it a file with `--input FILE`, or JSON lines on stdin with `--input -`";
            Err(Failure::new("RM612", "expected an input for the pipeline, got none").with_hint(hint))
        }
        None => Ok(Box::new(std::iter::empty())),
    }
}

/// A pipeline, what it is given, and where it goes.
struct Drive<'a> {
    pipeline: Pipeline,
    packets: Packets,
    output: Output,
    plan: &'a Plan,
    events: &'a Arc<Events>,
}

impl Drive<'_> {
    /// Run to the end of the input; gives the output, to which everything was written.
    fn run(
        self,
        checkpoints: Option<&mut Checkpoints>,
        cancel: &Cancel,
        probe: Option<Probe>,
    ) -> Result<(Report, Output), Failure> {
        let Self { pipeline, packets, output, plan, events } = self;
        let (output, failed) = (RefCell::new(output), RefCell::new(None));
        let mut sink = |_leaf: &str, packet: Packet| {
            events.first_output();
            output.borrow_mut().write(&packet).map_err(|it| {
                let stop = NodeFailure::new(it.code, it.message.clone());
                *failed.borrow_mut() = Some(it);
                stop
            })
        };
        let monitor = pipeline.monitor();
        events.watch(&monitor);
        let ticker = Ticker::start(plan.metrics_interval_ms, monitor, events)?;
        let report = match checkpoints {
            Some(it) => checkpoint::run(it, pipeline, packets, (&mut sink, &output, &failed), cancel),
            None => pipeline.run(packets, &mut sink, cancel),
        };
        drop(ticker);
        if let Some(probe) = probe {
            events.probe(probe.told());
        }
        match failed.into_inner() {
            Some(failed) => Err(failed),
            None => Ok((report.map_err(failure)?, output.into_inner())),
        }
    }
}

fn failure(error: RunError) -> Failure {
    match error {
        RunError::Node(it) => (*it).into(),
        RunError::Setup(it) | RunError::Input(it) | RunError::Output(it) => it.into(),
        RunError::Cancelled => Failure::new("RM615", "the run was interrupted"),
    }
}
