//! Random graphs against a sequential oracle: every packet of every edge, in order.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::collections::{BTreeMap, VecDeque};

use harness::{Call, manifest, node, text, text_of};
use proptest::prelude::*;
use remotemedia_engine::{Cancel, More, Pipeline};
use remotemedia_manifest::RuntimeKind::{Native, Python, Wasm};
use remotemedia_packet::Packet;

const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// What a node does with the n-th packet of a stream: passes it on, drops it, or gives it twice; and adds its name.
fn does(behaviour: u8, id: &str, packet: &Packet) -> Vec<Packet> {
    let number: u64 = text_of(packet).split(':').next().unwrap().parse().unwrap();
    let times = match behaviour % 4 {
        1 if number.is_multiple_of(3) => 0,
        2 if number.is_multiple_of(2) => 2,
        _ => 1,
    };
    vec![packet.with_body(text(&format!("{}{id}", text_of(packet))).body); times]
}

/// What every leaf gives for each input, by the ways that packets took, each in order.
fn oracle(edges: &[(usize, usize)], behaviours: &[u8], input: &[Packet]) -> BTreeMap<(String, String), Vec<String>> {
    let mut given: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for packet in input {
        let roots = (0..6).filter(|node| edges.iter().all(|it| it.1 != *node));
        let mut waiting: VecDeque<(usize, Packet)> = roots.map(|root| (root, packet.clone())).collect();
        while let Some((at, packet)) = waiting.pop_front() {
            for out in does(behaviours[at], IDS[at], &packet) {
                let takers: Vec<usize> = edges.iter().filter(|it| it.0 == at).map(|it| it.1).collect();
                if takers.is_empty() {
                    note(&mut given, IDS[at], &out);
                }
                waiting.extend(takers.into_iter().map(|taker| (taker, out.clone())));
            }
        }
    }
    given
}

/// By leaf and way: along one way order is certain, between ways it is not.
fn note(given: &mut BTreeMap<(String, String), Vec<String>>, leaf: &str, packet: &Packet) {
    let text = text_of(packet);
    let (number, way) = text.split_once(':').unwrap();
    given.entry((leaf.to_owned(), way.to_owned())).or_default().push(number.to_owned());
}

fn input(packets: usize) -> Vec<Packet> {
    (0..packets).map(|it| Packet { pts_ns: Some(it as i64), ..text(&format!("{it}:")) }).collect()
}

fn line(edges: &[(usize, usize)], behaviours: &[u8], by_time: bool) -> Pipeline {
    let names: Vec<String> = edges.iter().map(|(from, to)| format!("{} {}", IDS[*from], IDS[*to])).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut manifest = manifest(&IDS, &names);
    let nodes = IDS.iter().zip(behaviours).map(|(&id, &behaviour)| {
        node(id, [Native, Wasm, Python][usize::from(behaviour / 4 % 3)], move |call, out| {
            if let Call::Process(_, packet) = call {
                does(behaviour, id, &packet).into_iter().for_each(|it| out.push(it));
            }
            Ok(More::No)
        })
    });
    if by_time {
        manifest.nodes.iter_mut().for_each(|it| it.sync = Some("pts".into()));
    }
    Pipeline::new(&manifest, nodes.collect()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_graph_gives_what_a_sequential_run_gives(
        ways in prop::collection::vec(any::<u8>(), 15),
        behaviours in prop::collection::vec(any::<u8>(), 6),
        capacity in prop::sample::select(vec![1_usize, 2, 7, 64]),
        packets in 0_usize..80,
        by_time in any::<bool>(),
    ) {
        let pairs = (0..6).flat_map(|to| (0..to).map(move |from| (from, to)));
        let edges: Vec<(usize, usize)> = pairs.zip(&ways).filter(|(_, it)| **it < 90).map(|(pair, _)| pair).collect();
        let input = input(packets);
        let wanted = oracle(&edges, &behaviours, &input);
        let (mut given, mut times) = (BTreeMap::new(), BTreeMap::<String, Vec<i64>>::new());
        let mut sink = |leaf: &str, packet: Packet| {
            note(&mut given, leaf, &packet);
            times.entry(leaf.to_owned()).or_default().push(packet.pts_ns.unwrap());
            Ok(())
        };
        let line = line(&edges, &behaviours, by_time).with_capacity(capacity);
        let report = line.run(input.into_iter().map(Ok), &mut sink, &Cancel::new()).unwrap();
        prop_assert_eq!(given, wanted);
        for edge in &report.edges {
            prop_assert_eq!(edge.depth, 0);
            prop_assert!(edge.high_water <= capacity as u64);
        }
        // No two edges are further apart than the buffers of a fan-in reach, where all packets fit in them.
        if by_time && packets <= 4 * capacity {
            for (leaf, times) in times {
                prop_assert!(times.is_sorted(), "{leaf}: {times:?}");
            }
        }
    }
}
