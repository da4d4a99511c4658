//! A run that goes on from any of its checkpoints gives what it would have given.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::time::Duration;

use harness::{manifest, node, spec, text, text_of};
use remotemedia_engine::{
    Cancel, Checkpoint, Checkpointing, More, NodeFailure, NodeInstance, NodeParts, Outputs, Pipeline, PortId, RunError,
};
use remotemedia_manifest::RuntimeKind::{self, Native, Onnx, Python};
use remotemedia_packet::Packet;

/// Counts what it is given; of every packet it makes `copies`, some of them only when it is asked for more. The last packet
/// is kept until the next one comes, where it `holds`.
struct Counter {
    copies: usize,
    holds: bool,
    seen: u64,
    held: Option<String>,
    rest: Vec<Packet>,
}

impl NodeInstance for Counter {
    fn process(&mut self, _: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.seen += 1;
        let mut value = format!("{}#{}", text_of(&packet), self.seen);
        if self.holds {
            match self.held.replace(value) {
                Some(before) => value = before,
                None => return Ok(More::No),
            }
        }
        let made = Packet { pts_ns: packet.pts_ns, ..text(&value) };
        self.rest = vec![made; self.copies];
        self.pull(1, out)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        for packet in self.rest.drain(..max.min(self.rest.len())) {
            out.push(packet);
        }
        Ok(if self.rest.is_empty() { More::No } else { More::Yes })
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        out.push(text(&format!("{:?} after {}", self.held.take(), self.seen)));
        Ok(More::No)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        assert!(self.rest.is_empty(), "asked between packets only");
        Ok(Some(format!("{}|{}", self.seen, self.held.as_deref().unwrap_or("none")).into_bytes()))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        let (seen, held) = std::str::from_utf8(state).unwrap().split_once('|').unwrap();
        self.seen = seen.parse().unwrap();
        self.held = Some(held.to_owned()).filter(|it| it != "none");
        Ok(())
    }
}

fn counter(id: &str, kind: RuntimeKind, copies: usize, holds: bool) -> NodeParts {
    NodeParts::new(spec(id), kind, Box::new(Counter { copies, holds, seen: 0, held: None, rest: Vec::new() }))
}

/// Gives the numbers up to `end`, one every `step` milliseconds of the stream.
struct Numbers {
    next: u64,
    end: u64,
    step: i64,
    capacity: usize,
}

impl NodeInstance for Numbers {
    fn process(&mut self, _: PortId, _: Packet, _: &mut Outputs) -> Result<More, NodeFailure> {
        Ok(More::No)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        for _ in 0..max.min(3) {
            if self.next == self.end {
                return Ok(More::No);
            }
            take_time(self.capacity);
            out.push(at(&format!("n{}", self.next), i64::try_from(self.next).unwrap() * self.step));
            self.next += 1;
        }
        Ok(More::Yes)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(Some(self.next.to_le_bytes().to_vec()))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.next = u64::from_le_bytes(state.try_into().unwrap());
        Ok(())
    }
}

fn numbers(id: &str, end: u64, step: i64, capacity: usize) -> NodeParts {
    let mut parts = NodeParts::new(spec(id), Native, Box::new(Numbers { next: 0, end, step, capacity }));
    parts.spec.inputs.clear();
    parts
}

fn at(value: &str, milliseconds: i64) -> Packet {
    Packet { pts_ns: Some(milliseconds * 1_000_000), ..text(value) }
}

/// A graph under test; nodes in `by_time` take the packets of several edges in the order of their times.
struct Graph {
    nodes: fn() -> Vec<NodeParts>,
    edges: &'static [&'static str],
    by_time: &'static [&'static str],
    input: u64,
    /// Packets that wait before a stage at most.
    capacity: usize,
}

/// Where edges meet by time, queues hold so many packets that no edge counts as silent; what gives them takes its time.
const LONG: usize = 4_096;

fn take_time(capacity: usize) {
    if capacity == LONG {
        std::thread::sleep(Duration::from_micros(20));
    }
}

/// A checkpoint, and what the sink had been given.
type Cut = (Checkpoint, Vec<String>);

impl Graph {
    /// What comes out, with number and time of every packet, and all cuts; going on from a cut.
    fn run(&self, every: Duration, from: Option<Cut>) -> Result<(Vec<String>, Vec<Cut>), RunError> {
        let nodes = (self.nodes)();
        let ids: Vec<String> = nodes.iter().map(|it| it.spec.id.clone()).collect();
        let mut manifest = manifest(&ids.iter().map(String::as_str).collect::<Vec<_>>(), self.edges);
        for node in manifest.nodes.iter_mut().filter(|it| self.by_time.contains(&it.id.as_str())) {
            node.sync = Some("pts".into());
        }
        let (from, outputs) = from.unzip();
        let outputs = std::cell::RefCell::new(outputs.unwrap_or_default());
        let mut cuts = Vec::new();
        let mut sink = |leaf: &str, it: Packet| {
            outputs.borrow_mut().push(format!("{leaf}:{}:{}:{:?}", it.seq, text_of(&it), it.pts_ns));
            Ok(())
        };
        let mut commit = |made: Result<Checkpoint, NodeFailure>, _| {
            cuts.push((again(&made?), outputs.borrow().clone()));
            Ok(())
        };
        let passed = from.as_ref().map_or(0, |it| it.input);
        let capacity = self.capacity;
        let input = (passed..self.input).map(|it| {
            take_time(capacity);
            Ok(at(&format!("i{it}"), i64::try_from(it).unwrap()))
        });
        Pipeline::new(&manifest, nodes)?.with_capacity(self.capacity).run_with_checkpoints(
            input,
            &mut sink,
            Checkpointing { every, from, commit: &mut commit },
            &Cancel::new(),
        )?;
        Ok((outputs.into_inner(), cuts))
    }

    /// Go on from some of the checkpoints of one run; `same` is what is compared of the outputs.
    fn check(&self, same: fn(Vec<String>) -> Vec<String>) {
        let hour = Duration::from_secs(3_600);
        let (whole, none) = self.run(hour, None).unwrap();
        assert!(none.is_empty());
        let (noted, cuts) = self.run(Duration::from_micros(100), None).unwrap();
        expect_equal(&same(noted), &same(whole.clone()), &"with checkpoints");
        assert!(cuts.len() > 2, "{} checkpoints", cuts.len());
        for cut in cuts.iter().step_by(cuts.len().div_ceil(12)).chain(cuts.last()) {
            let (resumed, _) = self.run(hour, Some(cut.clone())).unwrap();
            expect_equal(&same(resumed), &same(whole.clone()), &cut.0);
        }
        // And one of a run that itself went on.
        let (resumed, cuts) = self.run(Duration::from_micros(100), Some(cuts[0].clone())).unwrap();
        expect_equal(&same(resumed), &same(whole.clone()), &"twice");
        if let Some(cut) = cuts.last() {
            expect_equal(&same(self.run(hour, Some(cut.clone())).unwrap().0), &same(whole), &cut.0);
        }
    }
}

/// The first difference is what is to be seen, not thousands of lines.
fn expect_equal(got: &[String], wanted: &[String], what: &dyn std::fmt::Debug) {
    let differs = got.iter().zip(wanted).position(|(got, wanted)| got != wanted);
    assert!(differs.is_none(), "{differs:?}: {:?} {:?}, {what:?}", got[differs.unwrap()], wanted[differs.unwrap()]);
    assert_eq!(got.len(), wanted.len(), "{what:?}");
}

/// A checkpoint as it comes back from a file.
fn again(checkpoint: &Checkpoint) -> Checkpoint {
    let mut read: Checkpoint = serde_json::from_str(&serde_json::to_string(checkpoint).unwrap()).unwrap();
    read.blobs.clone_from(&checkpoint.blobs);
    assert_eq!(read, *checkpoint);
    read
}

fn exactly(outputs: Vec<String>) -> Vec<String> {
    outputs
}

/// In which order several leaves come, or edges where they meet, nobody says.
fn sorted(mut outputs: Vec<String>) -> Vec<String> {
    outputs.sort();
    outputs
}

const PACKETS: u64 = 1_500;

#[test]
fn a_fused_chain_goes_on() {
    let nodes = || vec![counter("a", Native, 1, true), counter("b", Native, 40, false), counter("c", Native, 1, true)];
    Graph { nodes, edges: &["a b", "b c"], by_time: &[], input: PACKETS / 10, capacity: 8 }.check(exactly);
}

#[test]
fn stages_go_on() {
    let nodes = || vec![counter("a", Python, 2, false), counter("b", Onnx, 1, true), counter("c", Native, 1, false)];
    Graph { nodes, edges: &["a b", "b c"], by_time: &[], input: PACKETS, capacity: 8 }.check(exactly);
}

#[test]
fn a_source_goes_on() {
    let nodes = || vec![numbers("s", PACKETS, 1, 8), counter("a", Native, 3, true), counter("b", Onnx, 1, false)];
    Graph { nodes, edges: &["s a", "a b"], by_time: &[], input: 0, capacity: 8 }.check(exactly);
}

#[test]
fn a_diamond_that_meets_by_time_goes_on() {
    let nodes = || {
        let (left, right) = (counter("l", Onnx, 1, true), counter("r", Python, 2, false));
        vec![counter("a", Native, 1, false), left, right, counter("m", Native, 1, true)]
    };
    Graph { nodes, edges: &["a l", "a r", "l m", "r m"], by_time: &["m"], input: 250, capacity: LONG }.check(exactly);
}

#[test]
fn several_sources_that_meet_by_time_go_on() {
    // The first is at its end long before the other.
    let nodes = || vec![numbers("s", 50, 1, LONG), numbers("t", 250, 3, LONG), counter("m", Onnx, 1, false)];
    Graph { nodes, edges: &["s m", "t m"], by_time: &["m"], input: 0, capacity: LONG }.check(exactly);
}

#[test]
fn what_meets_as_it_comes_is_there_exactly_once() {
    let nodes = || {
        let parts = |id| {
            node(id, Native, |call, out| {
                if let harness::Call::Process(_, packet) = call {
                    out.push(packet);
                }
                Ok(More::No)
            })
        };
        vec![counter("a", Native, 1, true), counter("b", Onnx, 2, false), parts("m")]
    };
    // The numbers of the packets say in which order they met, so they are left out.
    let values =
        |outputs: Vec<String>| sorted(outputs.iter().map(|it| it.splitn(3, ':').skip(2).collect::<String>()).collect());
    Graph { nodes, edges: &["a m", "b m"], by_time: &[], input: PACKETS, capacity: 8 }.check(values);
}

#[test]
fn several_leaves_and_an_input_of_several_nodes_go_on() {
    let nodes = || {
        let (b, c) = (counter("b", Onnx, 2, false), counter("c", Native, 1, false));
        vec![counter("a", Native, 1, true), b, c, counter("d", Native, 1, true)]
    };
    Graph { nodes, edges: &["a c", "b d"], by_time: &[], input: PACKETS, capacity: 8 }.check(sorted);
}

#[test]
fn a_checkpoint_of_another_pipeline_is_refused() {
    let one = || vec![counter("a", Native, 1, false)];
    let other = || vec![counter("b", Native, 1, false)];
    let graph = Graph { nodes: one, edges: &[], by_time: &[], input: PACKETS * 4, capacity: 8 };
    let (_, cuts) = graph.run(Duration::from_micros(10), None).unwrap();
    let refused = Graph { nodes: other, ..graph }.run(Duration::from_secs(1), Some(cuts[0].clone()));
    assert!(matches!(refused, Err(RunError::Setup(it)) if it.code == "RM623"));
}

/// A node whose state cannot be told: from the beginning, or only once it has begun.
struct Shy {
    begun: bool,
    from_the_beginning: bool,
}

impl NodeInstance for Shy {
    fn process(&mut self, _: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.begun = true;
        out.push(packet);
        Ok(More::No)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        match self.begun || self.from_the_beginning {
            true => Err(NodeFailure::new("RM602", "cannot pickle 'generator' object")),
            false => Ok(None),
        }
    }
}

fn shy(from_the_beginning: bool) -> Vec<NodeParts> {
    vec![NodeParts::new(spec("shy"), Python, Box::new(Shy { begun: false, from_the_beginning }))]
}

#[test]
fn a_node_whose_state_cannot_be_told_is_refused_at_the_start() {
    let graph = Graph { nodes: || shy(true), edges: &[], by_time: &[], input: 1, capacity: 8 };
    let Err(RunError::Node(error)) = graph.run(Duration::from_secs(1), None) else { panic!("expected a refusal") };
    assert_eq!((error.failure.code, error.node.as_str(), error.call), ("RM624", "shy", "snapshot"));
    assert!(error.failure.message.contains("cannot pickle"), "{}", error.failure.message);
}

#[test]
fn a_source_in_python_is_refused() {
    let nodes = || {
        let mut parts = numbers("s", 3, 1, 8);
        parts.kind = RuntimeKind::PythonWasm;
        vec![parts]
    };
    let graph = Graph { nodes, edges: &[], by_time: &[], input: 0, capacity: 8 };
    let refused = graph.run(Duration::from_secs(1), None);
    assert!(matches!(refused, Err(RunError::Node(it)) if it.failure.code == "RM624"));
}

#[test]
fn a_checkpoint_that_cannot_be_made_does_not_end_the_run() {
    let (mut outputs, mut failures) = (0, 0);
    let mut commit = |made: Result<Checkpoint, NodeFailure>, _| {
        // One that is made before the first packet has nothing to tell yet.
        if let Err(it) = made {
            assert!(it.message.starts_with("node `shy`: "), "{}", it.message);
            failures += 1;
        }
        Ok(())
    };
    let mut sink = |_: &str, _: Packet| {
        outputs += 1;
        Ok(())
    };
    let input = (0..PACKETS * 4).map(|_| Ok(text("x")));
    let checkpointing = Checkpointing { every: Duration::from_micros(10), from: None, commit: &mut commit };
    let pipeline = Pipeline::new(&manifest(&["shy"], &[]), shy(false)).unwrap();
    pipeline.run_with_checkpoints(input, &mut sink, checkpointing, &Cancel::new()).unwrap();
    assert_eq!(outputs, PACKETS * 4);
    assert!(failures > 0);
}

#[test]
#[should_panic(expected = "the disk is on fire")]
fn a_panic_of_who_keeps_checkpoints_ends_the_run() {
    let mut commit = |_: Result<Checkpoint, NodeFailure>, _| panic!("the disk is on fire");
    let mut sink = |_: &str, _: Packet| Ok(());
    let input = std::iter::repeat_with(|| Ok(text("x")));
    let checkpointing = Checkpointing { every: Duration::from_micros(10), from: None, commit: &mut commit };
    let pipeline = Pipeline::new(&manifest(&["shy"], &[]), shy(false)).unwrap();
    let _ = pipeline.run_with_checkpoints(input, &mut sink, checkpointing, &Cancel::new());
}

#[test]
fn a_failure_to_keep_a_checkpoint_ends_the_run() {
    let mut commit = |_, _| Err(NodeFailure::new("RM625", "another executor went on with this run"));
    let checkpointing = Checkpointing { every: Duration::from_micros(10), from: None, commit: &mut commit };
    let pipeline = Pipeline::new(&manifest(&["a"], &[]), vec![counter("a", Native, 1, false)]).unwrap();
    let input = (0..u64::MAX).map(|_| Ok(text("x")));
    let ended = pipeline.run_with_checkpoints(input, &mut |_: &str, _: Packet| Ok(()), checkpointing, &Cancel::new());
    assert!(matches!(ended, Err(RunError::Output(it)) if it.code == "RM625"));
}
