//! What becomes of a run when a node fails: it ends, passes over the packet, or makes the node anew.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use harness::{count, map, pipeline, run, spec, text, text_of};
use remotemedia_engine::{
    Action, FailureSink, More, NodeError, NodeFailure, NodeInstance, NodeParts, NodeRuntime, NodeSpec, Outputs, Policy,
    PortId,
};
use remotemedia_manifest::RuntimeKind::{self, Native, Onnx, Wasm};
use remotemedia_packet::Packet;

/// Numbers what it is given; fails on `bad`, panics on `panic`.
struct Fragile {
    seen: u64,
}

impl NodeInstance for Fragile {
    fn process(&mut self, _: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.seen += 1;
        match text_of(&packet).as_str() {
            "bad" => return Err(NodeFailure::new("RM602", "bad")),
            "panic" => panic!("as it was told"),
            other => out.push(text(&format!("{other}{}", self.seen))),
        }
        Ok(More::No)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        Ok(Some(self.seen.to_le_bytes().to_vec()))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.seen = u64::from_le_bytes(state.try_into().unwrap());
        Ok(())
    }
}

/// Makes fragile nodes, and counts them.
#[derive(Default)]
struct Workshop(AtomicU64);

impl NodeRuntime for Workshop {
    fn kind(&self) -> RuntimeKind {
        Native
    }

    fn instantiate(&self, _: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Fragile { seen: 0 }))
    }
}

#[derive(Default)]
struct Told(Mutex<Vec<(Action, String, Option<u64>)>>);

impl FailureSink for Told {
    fn handled(&self, action: Action, error: &NodeError) {
        self.0.lock().unwrap().push((action, error.node.clone(), error.seq));
    }
}

fn fragile(policy: Policy, workshop: &Arc<Workshop>) -> NodeParts {
    NodeParts::make(&**workshop, spec("b")).unwrap().with_policy(policy, Arc::clone(workshop) as _)
}

fn line(policy: Policy, input: &[&str]) -> (harness::Ran, Arc<Workshop>, Arc<Told>) {
    let (workshop, told): (Arc<Workshop>, Arc<Told>) = Default::default();
    let nodes = vec![map("a", Native, |it| it), fragile(policy, &workshop), map("c", Wasm, |it| it)];
    let ran = run(pipeline(nodes, &["a b", "b c"]).telling(Arc::clone(&told) as _), input);
    (ran, workshop, told)
}

#[test]
fn a_packet_on_which_a_node_fails_is_passed_over() {
    let (ran, _, told) = line(Policy::Skip, &["x", "bad", "y", "panic", "z"]);
    assert_eq!(ran.of("c"), ["x1", "y3", "z5"]);
    assert_eq!(ran.packets.iter().map(|it| it.seq).collect::<Vec<_>>(), [0, 1, 2]);
    let node = &ran.result.unwrap().nodes[1];
    assert_eq!((node.errors, node.skipped, node.restarts, node.packets_in, node.packets_out), (2, 2, 0, 5, 3));
    let told = told.0.lock().unwrap();
    assert_eq!(*told, [(Action::Skip, "b".to_owned(), Some(1)), (Action::Skip, "b".to_owned(), Some(3))]);
}

#[test]
fn a_node_is_made_anew_with_its_state_unless_it_panicked() {
    let (ran, workshop, told) = line(Policy::Restart(2), &["x", "bad", "y", "panic", "z"]);
    assert_eq!(ran.of("c"), ["x1", "y3", "z1"]);
    let node = &ran.result.unwrap().nodes[1];
    assert_eq!((node.errors, node.skipped, node.restarts), (2, 2, 2));
    assert_eq!(workshop.0.load(Ordering::SeqCst), 3);
    assert!(told.0.lock().unwrap().iter().all(|it| it.0 == Action::Restart));
}

#[test]
fn restarts_come_to_an_end() {
    let (ran, workshop, _) = line(Policy::Restart(1), &["bad", "x", "bad", "y"]);
    assert_eq!(ran.of("c"), ["x2"]);
    assert_eq!(ran.result.unwrap_err().code(), "RM602");
    assert_eq!(workshop.0.load(Ordering::SeqCst), 2);
}

#[test]
fn a_source_that_fails_is_at_its_end_or_begins_anew() {
    struct Source(u64);
    impl NodeInstance for Source {
        fn pull(&mut self, _: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
            self.0 += 1;
            if self.0 == 3 {
                return Err(NodeFailure::new("RM602", "three"));
            }
            out.push(text(&self.0.to_string()));
            Ok(More::Yes)
        }
        fn process(&mut self, _: PortId, _: Packet, _: &mut Outputs) -> Result<More, NodeFailure> {
            Ok(More::No)
        }
    }
    struct Sources;
    impl NodeRuntime for Sources {
        fn kind(&self) -> RuntimeKind {
            Onnx
        }
        fn instantiate(&self, _: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
            Ok(Box::new(Source(0)))
        }
    }
    for (policy, outputs, ends) in
        [(Policy::Skip, vec!["1", "2"], true), (Policy::Restart(1), vec!["1", "2", "1", "2"], false)]
    {
        let mut spec = spec("b");
        spec.inputs.clear();
        let source = NodeParts::make(&Sources, spec).unwrap().with_policy(policy, Arc::new(Sources));
        let ran = run(pipeline(vec![source], &[]), &[]);
        assert_eq!(ran.of("b"), outputs);
        assert_eq!(ran.result.is_ok(), ends);
    }
}

#[test]
fn policies_are_read_from_their_names() {
    assert_eq!("restart:3".parse(), Ok(Policy::Restart(3)));
    assert_eq!("skip".parse(), Ok(Policy::Skip));
    assert_eq!("restart".parse::<Policy>(), Err("expected `fail`, `skip` or `restart:N`, got `restart`".to_owned()));
}

#[test]
fn a_failure_that_is_passed_over_ends_nothing_else() {
    let workshop: Arc<Workshop> = Arc::default();
    let nodes = vec![count("a", Wasm, 1000), fragile(Policy::Skip, &workshop), map("c", Onnx, |it| it)];
    let ran = run(pipeline(nodes, &["a b", "a c"]), &[]);
    assert_eq!((ran.of("b").len(), ran.of("c").len()), (1000, 1000));
}
