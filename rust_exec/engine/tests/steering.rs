//! What can be asked of a run while it goes on: other parameters, to come to its end, to keep to the clock.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use harness::{Call, count, map, node, pipeline, spec, text, text_of};
use remotemedia_engine::{Cancel, More, NodeFailure, NodeInstance, NodeParts, Outputs, Pace, Pipeline, PortId};
use remotemedia_manifest::RuntimeKind::{Native, Wasm};
use remotemedia_packet::Packet;
use serde_json::{Value, json};

/// Gives its parameter `word` for every packet.
struct Says(String);

impl NodeInstance for Says {
    fn process(&mut self, _: PortId, _: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        out.push(text(&self.0));
        Ok(More::No)
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        match (name, value.as_str()) {
            ("word", Some(word)) => self.0 = word.to_owned(),
            ("word", None) => return Err(NodeFailure::new("RM211", format!("expected a string, got {value}"))),
            _ => return Err(NodeFailure::new("RM619", format!("parameter `{name}` cannot change"))),
        }
        Ok(())
    }
}

fn says(word: &str) -> NodeParts {
    NodeParts::new(spec("says"), Wasm, Box::new(Says(word.into())))
}

#[test]
fn a_parameter_changes_from_the_next_packet_on() {
    let (give, given) = channel::<Packet>();
    let (say, said) = channel();
    let line = pipeline(vec![map("a", Native, |it| it), says("old")], &["a says"]);
    let (control, monitor) = (line.control(), line.monitor());
    let thread = std::thread::spawn(move || {
        let mut sink = |_: &str, packet: Packet| {
            say.send(text_of(&packet)).unwrap();
            Ok(())
        };
        line.run(given.into_iter().map(Ok), &mut sink, &Cancel::new()).unwrap();
    });
    give.send(text("1")).unwrap();
    assert_eq!(said.recv().unwrap(), "old");
    // The node waits for its next packet, and is woken.
    control.set("says", "word", json!("new")).unwrap();
    give.send(text("2")).unwrap();
    assert_eq!(said.recv().unwrap(), "new");
    assert_eq!(monitor.report().nodes[1].packets_in, 2, "while it runs");
    let code = |node: &str, param: &str, value: Value| control.set(node, param, value).unwrap_err().code;
    assert_eq!(code("says", "word", json!(1)), "RM211");
    assert_eq!(code("says", "other", json!(1)), "RM619");
    assert_eq!(code("nobody", "word", json!("x")), "RM211");
    drop(give);
    thread.join().unwrap();
    assert_eq!(code("says", "word", json!("late")), "RM619");
}

#[test]
fn a_drained_run_brings_what_is_under_way_to_the_sink() {
    let last = node("last", Wasm, |call, out| {
        match call {
            Call::Process(_, packet) => out.push(packet),
            Call::Flush => out.push(text("flushed")),
            _ => {}
        }
        Ok(More::No)
    });
    let line = pipeline(vec![count("a", Native, u64::MAX), last], &["a last"]);
    let control = line.control();
    let mut seen = Vec::new();
    let mut sink = |_: &str, packet: Packet| {
        seen.push(text_of(&packet));
        if seen.len() == 1000 {
            control.drain();
        }
        Ok(())
    };
    let report = line.run(std::iter::empty(), &mut sink, &Cancel::new()).unwrap();
    assert_eq!(seen.pop().unwrap(), "flushed");
    assert_eq!(seen.len() as u64, report.nodes[0].packets_out);
    assert!(seen.iter().enumerate().all(|(index, it)| *it == index.to_string()));
}

#[test]
fn a_drained_run_takes_no_further_input() {
    for nodes in [vec![map("a", Native, |it| it)], vec![map("a", Native, |it| it), map("b", Native, |it| it)]] {
        let line = pipeline(nodes, &[]);
        let control = line.control();
        let mut sink = |_: &str, _: Packet| {
            control.drain();
            Ok(())
        };
        line.run(std::iter::repeat_with(|| Ok(text("x"))), &mut sink, &Cancel::new()).unwrap();
    }
}

#[test]
fn a_cancelled_run_tells_its_nodes() {
    let (told, heard) = channel();
    let mut parts = says("x");
    let cancel = parts.spec.cancel.clone();
    parts.instance = Box::new(harness::Node {
        source: false,
        call: move |call: Call, _: &mut Outputs| {
            if let Call::Process(..) = call {
                told.send(()).unwrap();
                assert!(cancel.wait(Duration::from_secs(60)), "nobody told the node");
            }
            Ok(More::No)
        },
    });
    let (cancel, stop) = (Cancel::new(), Cancel::new());
    cancel.also(&stop);
    let thread = std::thread::spawn(move || {
        heard.recv().unwrap();
        let at = Instant::now();
        cancel.cancel();
        at
    });
    let line = pipeline(vec![parts], &[]);
    line.run([Ok(text("1"))].into_iter(), &mut |_: &str, _| Ok(()), &stop).unwrap_err();
    assert!(thread.join().unwrap().elapsed() < Duration::from_millis(200));
}

/// Packets at so many milliseconds.
fn at(times: &[i64]) -> Vec<Packet> {
    times.iter().map(|ms| Packet { pts_ns: Some(ms * 1_000_000), ..text(&ms.to_string()) }).collect()
}

#[test]
fn a_live_run_lets_packets_go_at_their_times() {
    let times = [100, 120, 140, 160];
    let mut source = at(&times).into_iter();
    let mut live = node("a", Native, move |call, out| {
        if let Call::Pull(_) = call {
            out.push(source.next().unwrap());
            return Ok(if source.len() > 0 { More::Yes } else { More::No });
        }
        Ok(More::No)
    });
    live.spec.inputs.clear();
    let of_input = || pipeline(vec![map("a", Native, |it| it)], &[]);
    let of_feeder = || pipeline(vec![map("a", Native, |it| it), map("b", Native, |it| it)], &[]);
    let runs: [(Pipeline, Vec<Packet>); 3] =
        [(pipeline(vec![live], &[]), vec![]), (of_input(), at(&times)), (of_feeder(), at(&times))];
    for (line, input) in runs {
        let mut seen = Vec::new();
        let mut sink = |_: &str, packet: Packet| {
            seen.push((Instant::now(), packet.pts_ns.unwrap()));
            Ok(())
        };
        let line = line.with_pace(Pace::Live).with_input_at_hand();
        let report = line.run(input.into_iter().map(Ok), &mut sink, &Cancel::new()).unwrap();
        let first = seen[0].0;
        for (came, pts) in seen {
            let due = Duration::from_nanos((pts - 100_000_000) as u64);
            assert!(came.duration_since(first) + Duration::from_millis(10) >= due, "a packet came before its time");
        }
        assert!(report.late <= 3);
    }
}

#[test]
fn what_comes_after_its_time_is_counted() {
    let input = at(&[100, 0, 50]).into_iter().map(|it| {
        std::thread::sleep(Duration::from_millis(15));
        Ok(it)
    });
    let line = pipeline(vec![map("a", Native, |it| it)], &[]).with_pace(Pace::Live);
    assert_eq!(line.run(input, &mut |_: &str, _| Ok(()), &Cancel::new()).unwrap().late, 2);
}

#[test]
fn a_live_source_drops_where_others_would_wait() {
    for (pace, drops) in [(Pace::Live, true), (Pace::Batch, false)] {
        let slow = map("slow", Wasm, |it| {
            std::thread::sleep(Duration::from_micros(100));
            it
        });
        let line = pipeline(vec![count("a", Native, 500), slow], &["a slow"]).with_capacity(4).with_pace(pace);
        let mut seqs = Vec::new();
        let mut sink = |_: &str, packet: Packet| {
            seqs.push(text_of(&packet));
            Ok(())
        };
        let report = line.run(std::iter::empty(), &mut sink, &Cancel::new()).unwrap();
        let edge = &report.edges[0];
        assert_eq!(edge.dropped > 0, drops);
        assert_eq!((edge.packets + edge.dropped, edge.packets), (500, seqs.len() as u64));
    }
}
