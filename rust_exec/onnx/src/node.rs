//! `OnnxNode`: packets through a model.

use std::collections::VecDeque;
use std::sync::Arc;

use ort::value::DynValue;
use remotemedia_engine::{More, NodeFailure, NodeInstance, Outputs, PortId};
use remotemedia_packet::{Audio, Body, Packet};

use crate::config::{Config, Input};
use crate::emit::emit;
use crate::gate::{Job, Pass};
use crate::group::Group;
use crate::model::Model;
use crate::shape::values_of;
use crate::state::{Key, Streams, key, zeros};

/// Most packets that wait on one port for those of another.
const MAX_WAITING: usize = 1024;

pub(crate) struct OnnxNode {
    model: Arc<Model>,
    _pass: Pass,
    group: Arc<Group>,
    config: Config,
    /// Names of the input ports.
    ports: Vec<String>,
    streams: Streams,
    /// Runs whose outcome has not been emitted, because one before them failed.
    done: VecDeque<(Run, Outcome)>,
    /// Packets that have not been looked at, because one before them was refused.
    behind: Vec<(PortId, Packet)>,
    in_hand: Option<Packet>,
}

/// One run of the model that is to be made.
struct Run {
    key: Key,
    /// The packet whose times and stream the outcome has: that of the first port.
    packet: Packet,
    values: Vec<DynValue>,
    /// Whether the values have an axis for the batch that the packet had not.
    batched: bool,
}

type Outcome = Result<Vec<DynValue>, NodeFailure>;

impl OnnxNode {
    pub(crate) fn new(model: Arc<Model>, group: Group, config: Config, ports: Vec<String>) -> Self {
        let _pass = model.gate.enter();
        let (done, behind, streams) = (VecDeque::new(), Vec::new(), Streams::default());
        Self { model, _pass, group: Arc::new(group), config, ports, streams, done, behind, in_hand: None }
    }

    /// Take a packet; the run that it completes.
    fn arrive(&mut self, port: PortId, packet: Packet) -> Result<Option<Run>, NodeFailure> {
        let key = key(&packet);
        let used: Vec<usize> = (0..self.config.ports.len()).filter(|it| !self.config.ports[*it].is_empty()).collect();
        let mut packets = vec![(port as usize, packet)];
        if used.len() > 1 {
            let stream = self.streams.of(&key, &self.config)?;
            stream.waiting[port as usize].extend(packets.drain(..).map(|(_, packet)| packet));
            if used.iter().any(|it| stream.waiting[*it].is_empty()) {
                let waiting = stream.waiting[port as usize].len();
                return if waiting <= MAX_WAITING { Ok(None) } else { Err(self.uneven(&[waiting])) };
            }
            packets = used.iter().filter_map(|it| Some((*it, stream.waiting[*it].pop_front()?))).collect();
        }
        self.run_of(key, packets).map(Some)
    }

    /// The run that one packet of each port makes.
    fn run_of(&mut self, key: Key, packets: Vec<(usize, Packet)>) -> Result<Run, NodeFailure> {
        let mut values: Vec<Option<DynValue>> = self.config.inputs.iter().map(|_| None).collect();
        let mut batched = false;
        for (port, packet) in &packets {
            let indexes = &self.config.ports[*port];
            let inputs: Vec<&Input> = indexes.iter().map(|it| &self.config.inputs[*it]).collect();
            let context = if indexes.contains(&0) { self.config.context } else { 0 };
            let shaped = match &packet.body {
                Body::Audio(audio) => {
                    check(audio)?;
                    let channels = usize::from(audio.channels);
                    if context == 0 {
                        values_of(packet, &inputs, &[])?
                    } else {
                        let stream = self.streams.of(&key, &self.config)?;
                        let shaped = values_of(packet, &inputs, stream.left(channels, context))?;
                        stream.remember(audio, context);
                        shaped
                    }
                }
                _ if context > 0 => {
                    let message = format!("expected audio beside `context`, got {}", packet.summary());
                    return Err(NodeFailure::new("RM606", message));
                }
                _ => values_of(packet, &inputs, &[])?,
            };
            for (index, shaped) in indexes.iter().zip(shaped) {
                batched |= shaped.batched;
                values[*index] = Some(shaped.value);
            }
        }
        let values = values.into_iter().flatten().collect();
        let packet = packets.into_iter().next().map(|(_, packet)| packet);
        let packet = packet.ok_or_else(|| NodeFailure::new("RM602", "expected a packet, got none"))?;
        Ok(Run { key, packet, values, batched })
    }

    /// Make the runs; what came of each.
    fn make(&mut self, runs: &mut [Run]) -> Result<Vec<Outcome>, NodeFailure> {
        let has_state = !self.config.state.is_empty();
        let mut work: Vec<(Key, Vec<usize>, Job)> = Vec::new();
        for (index, run) in runs.iter_mut().enumerate() {
            let values = std::mem::take(&mut run.values);
            // Only a state makes one run wait for another.
            if let Some((_, indexes, job)) = work.iter_mut().find(|(key, ..)| has_state && *key == run.key) {
                indexes.push(index);
                job.inputs.push_back(values);
                continue;
            }
            let state = if has_state {
                std::mem::take(&mut self.streams.of(&run.key, &self.config)?.state)
            } else {
                Vec::new()
            };
            work.push((run.key.clone(), vec![index], self.job(VecDeque::from([values]), state)));
        }
        let mut outcomes: Vec<Option<Outcome>> = runs.iter().map(|_| None).collect();
        while !work.is_empty() {
            let (places, jobs): (Vec<_>, Vec<_>) =
                std::mem::take(&mut work).into_iter().map(|(key, indexes, job)| ((key, indexes), job)).unzip();
            for ((key, mut indexes), job) in places.into_iter().zip(self.model.gate.run(jobs)) {
                let state = if job.failure.is_some() { zeros(&self.config)? } else { job.state };
                let results: Vec<Outcome> = job.results.into_iter().map(Ok).chain(job.failure.map(Err)).collect();
                let rest = indexes.split_off(results.len());
                indexes.into_iter().zip(results).for_each(|(index, result)| outcomes[index] = Some(result));
                if !rest.is_empty() {
                    // Behind a failed run a stream begins anew.
                    work.push((key, rest, self.job(job.inputs, state)));
                } else if has_state {
                    self.streams.of(&key, &self.config)?.state = state;
                }
            }
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    fn job(&self, inputs: VecDeque<Vec<DynValue>>, state: Vec<DynValue>) -> Job {
        Job { group: Arc::clone(&self.group), inputs, state, results: Vec::new(), failure: None }
    }

    /// Emit what is done, up to a failure; what stands behind it is kept for the next call, for whoever skips a packet.
    fn give(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        while let Some((run, outcome)) = self.done.pop_front() {
            if let Err(failure) = outcome.and_then(|values| emit(&self.config, values, &run.packet, run.batched, out)) {
                self.in_hand = Some(run.packet);
                return Err(failure);
            }
        }
        Ok(More::No)
    }

    fn uneven(&self, waiting: &[usize]) -> NodeFailure {
        let message =
            format!("expected as many packets on each of the ports {}, got {waiting:?} more", self.ports.join(", "));
        NodeFailure::new("RM608", message)
    }
}

impl NodeInstance for OnnxNode {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.process_all(vec![(port, packet)], out)
    }

    fn process_all(&mut self, packets: Vec<(PortId, Packet)>, out: &mut Outputs) -> Result<More, NodeFailure> {
        let mut arrivals = std::mem::take(&mut self.behind);
        arrivals.extend(packets);
        let (mut runs, mut refused) = (Vec::with_capacity(arrivals.len()), None);
        let mut arrivals = arrivals.into_iter();
        for (port, packet) in arrivals.by_ref() {
            match self.arrive(port, packet.clone()) {
                Ok(run) => runs.extend(run),
                Err(failure) => {
                    refused = Some((failure, packet));
                    break;
                }
            }
        }
        self.behind = arrivals.collect();
        let outcomes = self.make(&mut runs)?;
        self.done.extend(runs.into_iter().zip(outcomes));
        self.give(out)?;
        match refused {
            None => Ok(More::No),
            Some((failure, packet)) => {
                self.in_hand = Some(packet);
                Err(failure)
            }
        }
    }

    fn in_hand(&mut self) -> Option<Packet> {
        self.in_hand.take()
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.process_all(Vec::new(), out)?;
        let streams = std::mem::take(&mut self.streams);
        streams.left_over().map_or(Ok(More::No), |waiting| Err(self.uneven(&waiting)))
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        if !self.done.is_empty() || !self.behind.is_empty() {
            let waiting = self.done.len() + self.behind.len();
            let message =
                format!("expected no packets behind one that failed, got {waiting} that are still to be given");
            return Err(NodeFailure::new("RM602", message));
        }
        self.streams.snapshot(&self.config).map(Some)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.streams = Streams::restore(state, &self.config)?;
        Ok(())
    }

    /// A run of a model is long beside the way to another thread, and what waits can be run as one.
    fn waits(&self) -> bool {
        true
    }
}

/// Whole frames of at least one channel.
fn check(audio: &Audio) -> Result<(), NodeFailure> {
    let frame = usize::from(audio.channels) * audio.format.size();
    if frame > 0 && audio.data.len().is_multiple_of(frame) {
        return Ok(());
    }
    let message = format!("expected whole frames of 1 or more channels, got {} bytes", audio.data.len());
    Err(NodeFailure::new("RM606", message))
}
