//! Nodes whose calls wait for something else: alone in their stage, and given all that is there.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::collections::VecDeque;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::Duration;

use harness::{count, map, pipeline, run, spec, text_of};
use remotemedia_engine::{Cancel, More, NodeFailure, NodeInstance, NodeParts, Outputs, PortId, RunError, Waker};
use remotemedia_manifest::RuntimeKind::Python;
use remotemedia_packet::Packet;

/// Gives everything on; fails on the packet `fails`.
struct Waiting {
    batches: Arc<Mutex<Vec<usize>>>,
    fails: &'static str,
    in_hand: Option<Packet>,
}

impl NodeInstance for Waiting {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.process_all(vec![(port, packet)], out)
    }

    fn process_all(&mut self, packets: Vec<(PortId, Packet)>, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.batches.lock().unwrap().push(packets.len());
        for (_, packet) in packets {
            self.in_hand = Some(packet.clone());
            if text_of(&packet) == self.fails {
                return Err(NodeFailure::new("RM602", "failed"));
            }
            out.push(packet);
        }
        Ok(More::No)
    }

    fn in_hand(&mut self) -> Option<Packet> {
        self.in_hand.take()
    }

    fn waits(&self) -> bool {
        true
    }
}

fn waiting(id: &str, fails: &'static str) -> (NodeParts, Arc<Mutex<Vec<usize>>>) {
    let batches: Arc<Mutex<Vec<usize>>> = Arc::default();
    let instance = Waiting { batches: Arc::clone(&batches), fails, in_hand: None };
    (NodeParts::new(spec(id), Python, Box::new(instance)), batches)
}

#[test]
fn a_node_that_waits_is_alone_and_given_all_that_is_there() {
    let (node, batches) = waiting("b", "");
    let nodes = vec![count("a", Python, 1000), node, map("c", Python, |text| text)];
    let ran = run(pipeline(nodes, &["a b", "b c"]), &[]);
    assert_eq!(ran.of("c"), (0..1000).map(|number| number.to_string()).collect::<Vec<_>>());
    let report = ran.result.unwrap();
    assert!(report.edges.iter().all(|edge| !edge.fused));
    let batches = batches.lock().unwrap();
    assert_eq!(batches.iter().sum::<usize>(), 1000);
    assert!(batches.len() < 1000);
}

#[test]
fn a_node_that_waits_tells_on_which_packet_it_failed() {
    let (node, _) = waiting("b", "7");
    let ran = run(pipeline(vec![count("a", Python, 1000), node], &["a b"]), &[]);
    match ran.result.unwrap_err() {
        RunError::Node(error) => assert_eq!((error.node.as_str(), error.call, error.seq), ("b", "process", Some(7))),
        other => panic!("expected a node's error, got {other:?}"),
    }
}

#[test]
fn a_node_that_waits_may_take_one_at_a_time() {
    struct Each;

    impl NodeInstance for Each {
        fn process(&mut self, _: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
            out.push(packet);
            Ok(More::Yes)
        }

        fn pull(&mut self, _: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
            out.push(harness::text("and"));
            Ok(More::No)
        }

        fn waits(&self) -> bool {
            true
        }
    }
    let each = NodeParts::new(spec("b"), Python, Box::new(Each));
    let ran = run(pipeline(vec![count("a", Python, 2), each], &["a b"]), &[]);
    assert_eq!(ran.of("b"), ["0", "and", "1", "and"]);
}

/// Gives each packet a moment after its call has returned.
#[derive(Default)]
struct Late {
    ready: Arc<Mutex<VecDeque<Packet>>>,
    waker: Option<Waker>,
}

impl NodeInstance for Late {
    fn process(&mut self, _: PortId, packet: Packet, _: &mut Outputs) -> Result<More, NodeFailure> {
        let (ready, waker) = (Arc::clone(&self.ready), self.waker.clone().unwrap());
        spawn(move || {
            sleep(Duration::from_millis(2));
            ready.lock().unwrap().push_back(packet);
            waker.wake();
        });
        Ok(More::No)
    }

    fn pull(&mut self, _: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.ready.lock().unwrap().drain(..).for_each(|it| out.push(it));
        Ok(More::No)
    }

    fn waits(&self) -> bool {
        true
    }

    fn wakes(&mut self, waker: Waker) {
        self.waker = Some(waker);
    }

    fn has_more(&mut self) -> bool {
        !self.ready.lock().unwrap().is_empty()
    }
}

#[test]
fn what_a_node_gives_late_comes_before_further_input() {
    let (seen, next) = channel();
    let mut texts = ["a", "b", "c"].into_iter();
    seen.send(()).unwrap();
    let input = std::iter::from_fn(move || {
        next.recv_timeout(Duration::from_secs(10)).ok()?;
        texts.next().map(|it| Ok(harness::text(it)))
    });
    let node = NodeParts::new(spec("late"), Python, Box::new(Late::default()));
    let mut results = Vec::new();
    let mut sink = |_: &str, packet: Packet| {
        results.push(text_of(&packet).to_owned());
        seen.send(()).unwrap();
        Ok(())
    };
    pipeline(vec![node], &[]).run(input, &mut sink, &Cancel::new()).unwrap();
    assert_eq!(results, ["a", "b", "c"]);
}
