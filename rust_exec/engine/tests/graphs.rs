//! Graphs of every shape run to their end.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use harness::{Call, count, manifest, map, node, pipeline, run, text};
use proptest::prelude::*;
use remotemedia_engine::{Cancel, More, Pipeline, RunError};
use remotemedia_manifest::RuntimeKind::{self, Native, Onnx, Python, Wasm};

const KINDS: [RuntimeKind; 3] = [Native, Python, Wasm];

fn append(id: &'static str, kind: RuntimeKind) -> remotemedia_engine::NodeParts {
    map(id, kind, move |text| text + id)
}

#[test]
fn a_line_passes_packets_in_order() {
    for kind in KINDS {
        let line = pipeline(vec![append("a", kind), append("b", kind), append("c", Onnx)], &["a b", "b c"]);
        let ran = run(line, &["1", "2", "3"]);
        assert_eq!(ran.outputs, ["c:1abc", "c:2abc", "c:3abc"]);
        assert_eq!(ran.packets.iter().map(|it| it.seq).collect::<Vec<_>>(), [0, 1, 2]);
        ran.result.unwrap();
    }
}

#[test]
fn a_single_node_is_root_and_leaf() {
    assert_eq!(run(pipeline(vec![append("a", Native)], &[]), &["1"]).outputs, ["a:1a"]);
}

#[test]
fn an_empty_input_still_flushes() {
    let last = node("last", Native, |call, out| {
        if let Call::Flush = call {
            out.push(text("end"));
        }
        Ok(More::No)
    });
    assert_eq!(run(pipeline(vec![last], &[]), &[]).outputs, ["last:end"]);
}

#[test]
fn a_diamond_gives_every_packet_on_both_ways() {
    for kind in KINDS {
        let nodes = vec![append("a", kind), append("b", kind), append("c", kind), append("d", kind)];
        let mut ran = run(pipeline(nodes, &["a b", "a c", "b d", "c d"]), &["1", "2"]);
        assert_eq!(ran.packets.iter().map(|it| it.seq).collect::<Vec<_>>(), [0, 1, 2, 3]);
        for way in ["b", "c"] {
            let mine: Vec<_> = ran.outputs.iter().filter(|it| it.contains(way)).collect();
            assert_eq!(mine, [&format!("d:1a{way}d"), &format!("d:2a{way}d")]);
        }
        ran.outputs.sort();
        assert_eq!(ran.outputs, ["d:1abd", "d:1acd", "d:2abd", "d:2acd"]);
    }
}

#[test]
fn every_root_takes_the_input_and_every_leaf_gives() {
    let nodes = vec![append("a", Native), append("b", Native), append("c", Native), append("d", Native)];
    let ran = run(pipeline(nodes, &["a c", "b d"]), &["1", "2"]);
    assert_eq!(ran.of("c"), ["1ac", "2ac"]);
    assert_eq!(ran.of("d"), ["1bd", "2bd"]);
}

#[test]
fn fan_in_ends_when_all_have_ended() {
    let nodes = vec![count("a", Native, 3), count("b", Native, 500), append("c", Native)];
    let ran = run(pipeline(nodes, &["a c", "b c"]), &["unused"]);
    assert_eq!(ran.outputs.len(), 503);
}

#[test]
fn ports_keep_their_ways() {
    let mut split = node("split", Native, |call, out| {
        if let Call::Process(_, packet) = call {
            let port = u32::from(harness::text_of(&packet).parse::<u32>().unwrap() % 2 == 1);
            out.push_to(port, packet);
        }
        Ok(More::No)
    });
    split.spec.outputs = vec!["even".into(), "odd".into()];
    let mut join = node("join", Native, |call, out| {
        if let Call::Process(port, packet) = call {
            out.push(text(&format!("{port}{}", harness::text_of(&packet))));
        }
        Ok(More::No)
    });
    join.spec.inputs = vec!["first".into(), "second".into()];
    let mut ran =
        run(pipeline(vec![split, join], &["split.even join.second", "split.odd join.first"]), &["1", "2", "3", "4"]);
    ran.outputs.sort();
    assert_eq!(ran.outputs, ["join:01", "join:03", "join:12", "join:14"]);
}

#[test]
fn what_leaves_on_a_port_without_an_edge_goes_nowhere() {
    for kind in [Native, Wasm] {
        let mut giver = node("giver", kind, |call, out| {
            if let Call::Process(_, packet) = call {
                out.push_to(1, packet.clone());
                out.push_to(0, packet);
            }
            Ok(More::No)
        });
        giver.spec.outputs = vec!["out".into(), "side".into()];
        assert_eq!(run(pipeline(vec![giver, append("b", kind)], &["giver b"]), &["1"]).outputs, ["b:1b"]);
    }
}

#[test]
fn more_is_pulled_before_the_next_packet() {
    for kind in KINDS {
        let mut left = 0;
        let echo = node("echo", kind, move |call, out| {
            match call {
                Call::Process(_, packet) => {
                    left = 3;
                    out.push(packet);
                }
                Call::Pull(_) => {
                    left -= 1;
                    out.push(text("more"));
                }
                Call::Flush => {
                    left = 1;
                    out.push(text("flushed"));
                }
                Call::Close => return Ok(More::No),
            }
            Ok(if left > 0 { More::Yes } else { More::No })
        });
        let ran = run(pipeline(vec![echo, append("b", kind)], &["echo b"]), &["1", "2"]);
        let wanted = ["1b", "moreb", "moreb", "moreb", "2b", "moreb", "moreb", "moreb", "flushedb", "moreb"];
        assert_eq!(ran.of("b"), wanted);
    }
}

#[test]
fn flush_goes_down_the_line_and_close_comes_last() {
    let (heard, calls) = std::sync::mpsc::channel();
    let teller = |id: &'static str| {
        let heard = heard.clone();
        node(id, Native, move |call, out| {
            let what = match call {
                Call::Process(_, packet) => {
                    out.push(packet);
                    "process"
                }
                Call::Pull(_) => "pull",
                Call::Flush => {
                    out.push(text("rest"));
                    "flush"
                }
                Call::Close => "close",
            };
            heard.send(format!("{id} {what}")).unwrap();
            Ok(More::No)
        })
    };
    let ran = run(pipeline(vec![teller("a"), teller("b")], &["a b"]), &["1"]);
    assert_eq!(ran.of("b"), ["1", "rest", "rest"]);
    let wanted = ["a process", "b process", "a flush", "b process", "b flush", "a close", "b close"].map(str::to_owned);
    assert_eq!(calls.try_iter().collect::<Vec<_>>(), wanted);
}

#[test]
fn a_source_is_pulled_and_takes_no_input() {
    for kind in KINDS {
        let ran = run(pipeline(vec![count("a", kind, 40), append("b", kind)], &["a b"]), &["unused"]);
        assert_eq!(ran.of("b"), (0..40).map(|it| format!("{it}b")).collect::<Vec<_>>());
    }
}

#[test]
fn a_node_may_say_that_it_is_a_source() {
    let mut given = false;
    let mut parts = node("a", Native, |_, _| Ok(More::No));
    parts.instance = Box::new(harness::Node {
        source: true,
        call: move |call, out: &mut remotemedia_engine::Outputs| {
            if let (Call::Pull(_), false) = (&call, given) {
                given = true;
                out.push(text("own"));
            }
            assert!(!matches!(call, Call::Process(..)), "a source is given nothing");
            Ok(More::No)
        },
    });
    assert_eq!(run(pipeline(vec![parts], &[]), &["unused"]).outputs, ["a:own"]);
}

#[test]
fn packets_meet_in_the_order_of_their_times() {
    let timed = |id: &'static str, times: &'static [i64]| {
        let mut parts = node(id, Wasm, move |call, out| {
            if let Call::Pull(_) = call {
                for time in times {
                    out.push(remotemedia_packet::Packet { pts_ns: Some(*time), ..text(&time.to_string()) });
                }
            }
            Ok(More::No)
        });
        parts.spec.inputs.clear();
        parts
    };
    let mut manifest = manifest(&["a", "b", "c"], &["a c", "b c"]);
    manifest.nodes[2].sync = Some("pts".into());
    let nodes = vec![timed("a", &[1, 4, 5, 9]), timed("b", &[2, 3, 5, 6, 7, 8]), append("c", Native)];
    let ran = run(Pipeline::new(&manifest, nodes).unwrap(), &[]);
    assert_eq!(ran.of("c"), ["1c", "2c", "3c", "4c", "5c", "5c", "6c", "7c", "8c", "9c"]);
}

#[test]
fn streams_of_one_edge_are_numbered_apart() {
    let packets = [0, 7, 0, 7, 7].map(|stream| Ok(remotemedia_packet::Packet { stream, ..text("x") }));
    let mut numbers = Vec::new();
    let mut sink = |_: &str, packet: remotemedia_packet::Packet| {
        numbers.push((packet.stream, packet.seq));
        Ok(())
    };
    let line = pipeline(vec![append("a", Native), append("b", Wasm)], &["a b"]);
    line.run(packets.into_iter(), &mut sink, &Cancel::new()).unwrap();
    assert_eq!(numbers, [(0, 0), (7, 0), (0, 1), (7, 1), (7, 2)]);
}

#[test]
fn a_chain_of_a_thousand_nodes_runs_in_one_stage() {
    let ids: Vec<String> = (0..1_000).map(|it| format!("n{it}")).collect();
    let edges: Vec<String> = ids.windows(2).map(|it| format!("{} {}", it[0], it[1])).collect();
    let nodes = ids.iter().map(|id| map(id, Native, |text| text)).collect();
    let ran = run(pipeline(nodes, &edges.iter().map(String::as_str).collect::<Vec<_>>()), &["1"; 20]);
    assert_eq!(ran.outputs.len(), 20);
    let report = ran.result.unwrap();
    assert!(report.edges.iter().all(|it| it.fused));
    assert_eq!(report.nodes[999].packets_in, 20);
}

#[test]
fn a_wide_fan_out_gives_every_branch_everything() {
    let ids: Vec<String> = (0..64).map(|it| format!("leaf{it}")).collect();
    let edges: Vec<String> = ids.iter().map(|it| format!("root {it}")).collect();
    let mut nodes = vec![append("root", Native)];
    nodes.extend(ids.iter().map(|id| map(id, Native, |text| text)));
    let ran = run(pipeline(nodes, &edges.iter().map(String::as_str).collect::<Vec<_>>()), &["1", "2", "3"]);
    for id in &ids {
        assert_eq!(ran.of(id), ["1root", "2root", "3root"]);
    }
}

#[test]
fn a_report_counts_and_measures() {
    let nodes = vec![count("a", Native, 100), append("b", Native), append("c", Wasm)];
    let report = run(pipeline(nodes, &["a b", "b c"]), &[]).result.unwrap();
    assert_eq!(report.nodes.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let b = &report.nodes[1];
    assert_eq!((b.packets_in, b.packets_out, b.calls, b.call_ns.timed), (100, 100, 101, 101));
    assert_eq!(b.bytes_out, (0..100).map(|it| it.to_string().len() as u64 + 1).sum::<u64>());
    assert!(b.call_ns.p50 >= 10, "a call takes longer than {} ns", b.call_ns.p50);
    assert!(b.call_ns.p50 <= b.call_ns.p99 && b.call_ns.p99 <= b.call_ns.max && b.busy_ns <= report.wall_ns);
    assert!(report.first_output_ns.unwrap() <= report.wall_ns);
    assert!(report.edges[0].fused && report.edges[0].high_water == 0);
    assert!(!report.edges[1].fused && (1..=256).contains(&report.edges[1].high_water), "{:?}", report.edges[1]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["nodes"][2]["runtime"], "wasm");
}

#[test]
fn a_node_without_an_instance_is_named() {
    let error = Pipeline::new(&manifest(&["a", "b"], &[]), vec![append("a", Native)]).err().unwrap();
    assert_eq!((error.code(), error.to_string().as_str()), ("RM610", "expected an instance of node `b`, got none"));
}

#[test]
fn an_edge_to_a_port_that_is_not_there_is_refused() {
    let nodes = vec![append("a", Native), append("b", Native)];
    let error = Pipeline::new(&manifest(&["a", "b"], &["a.side b"]), nodes).err().unwrap();
    assert!(matches!(&error, RunError::Setup(it) if it.code == "RM213"));
    assert_eq!(error.to_string(), "expected an output port of node `a` (out), got `side`");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every packet takes every way through a random graph once, whatever the kinds and the queues.
    #[test]
    fn any_graph_delivers_every_packet_on_every_way(
        ways in prop::collection::vec(any::<u8>(), 15),
        kinds in prop::collection::vec(0_usize..3, 6),
        capacity in 1_usize..4,
        packets in 0_usize..40,
    ) {
        let ids = ["a", "b", "c", "d", "e", "f"];
        let pairs = (0..6).flat_map(|to| (0..to).map(move |from| (from, to)));
        let edges: Vec<(usize, usize)> = pairs.zip(&ways).filter(|(_, it)| **it < 100).map(|(pair, _)| pair).collect();
        let mut arriving = [0; 6];
        for to in 0..6 {
            let givers: Vec<usize> = edges.iter().filter(|it| it.1 == to).map(|it| it.0).collect();
            arriving[to] = if givers.is_empty() { packets } else { givers.iter().map(|it| arriving[*it]).sum() };
        }
        let nodes = ids.iter().zip(&kinds).map(|(id, kind)| map(id, KINDS[*kind], |text| text)).collect();
        let edges: Vec<String> = edges.iter().map(|(from, to)| format!("{} {}", ids[*from], ids[*to])).collect();
        let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
        let ran = run(pipeline(nodes, &edges).with_capacity(capacity), &vec!["x"; packets]);
        let report = ran.result.unwrap();
        for (index, id) in ids.iter().enumerate() {
            prop_assert_eq!(report.nodes[index].packets_in, arriving[index] as u64);
            let is_leaf = !edges.iter().any(|it| it.starts_with(id));
            let given = ran.outputs.iter().filter(|it| it.starts_with(id)).count();
            prop_assert_eq!(given, if is_leaf { arriving[index] } else { 0 });
        }
    }
}

#[test]
fn an_edge_that_no_packet_can_pass_is_refused() {
    let mut manifest = manifest(&["gain", "embed"], &["gain embed"]);
    let (gives, takes) = ("AudioMixNode", "TextProcessorNode");
    for (node, name) in manifest.nodes.iter_mut().zip([gives, takes]) {
        (node.node_type, node.entry) = (name.to_owned(), None);
    }
    let nodes = vec![append("gain", Native), append("embed", Native)];
    let error = Pipeline::new(&manifest, nodes).err().unwrap();
    assert_eq!(error.code(), "RM606");
    assert!(error.to_string().contains("got an edge of audio from `gain`"), "{error}");
}
