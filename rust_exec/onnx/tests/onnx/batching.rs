//! Runs that wait at the same time, as one.

use std::sync::Barrier;

use remotemedia_engine::{NodeInstance, Outputs};
use remotemedia_packet::{Body, Packet, Tensor};
use serde_json::{Value, json};

use crate::support::*;

fn row(values: &[f32]) -> Packet {
    Packet::new(Body::Tensor(Tensor::from_vec(values.to_vec(), &[1, values.len() as u64]).unwrap()))
}

/// What the node gives for these packets at once.
fn all(node: &mut dyn NodeInstance, packets: &[Packet]) -> Vec<Vec<f32>> {
    let mut out = Outputs::new();
    node.process_all(packets.iter().map(|it| (0, it.clone())).collect(), &mut out).unwrap();
    out.drain().map(|(_, packet)| floats(&packet)).collect()
}

fn rows() -> Vec<Packet> {
    (0..40).map(|it| row(&[it as f32, 1.0, -2.0, 0.5 * it as f32])).collect()
}

#[test]
fn packets_that_wait_give_what_they_give_alone() {
    let singles: Vec<Vec<f32>> = {
        let mut node = small("per-row", json!({"batch": "off"})).unwrap();
        rows().into_iter().map(|it| floats(&process(&mut *node, it).unwrap())).collect()
    };
    for batch in [json!("auto"), json!(7), json!("off")] {
        let mut node = small("per-row", json!({"batch": batch})).unwrap();
        for _ in 0..3 {
            assert_eq!(all(&mut *node, &rows()), singles);
        }
    }
}

#[test]
fn a_model_that_mixes_its_rows_is_run_one_by_one_unless_it_was_told_otherwise() {
    let apart = |batch: Value| {
        let mut node = small("whole-batch", json!({"batch": batch})).unwrap();
        all(&mut *node, &rows()[..4]);
        all(&mut *node, &rows()[..4])
    };
    assert_eq!(apart(json!("auto")), vec![vec![0.0; 4]; 4]);
    assert_eq!(apart(json!("off")), vec![vec![0.0; 4]; 4]);
    // The first column holds 0, 1, 2, 3: less their mean, where the four are one batch.
    let together: Vec<f32> = apart(json!(4)).iter().map(|it| it[0]).collect();
    assert_eq!(together, [-1.5, -0.5, 0.5, 1.5]);
}

#[test]
fn rows_of_other_lengths_are_run_apart() {
    let mut node = small("whole-batch", json!({"batch": 8})).unwrap();
    let packets = [row(&[1.0, 3.0]), row(&[5.0]), row(&[3.0, 1.0]), row(&[7.0])];
    assert_eq!(all(&mut *node, &packets), [vec![-1.0, 1.0], vec![-1.0], vec![1.0, -1.0], vec![1.0]]);
}

#[test]
fn one_failure_of_a_batch_is_that_of_its_own_packet() {
    let mut node = small("per-row", json!({})).unwrap();
    let bad = Packet { seq: 2, ..Packet::new(Body::Text("words".into())) };
    let packets = vec![(0, row(&[1.0])), (0, row(&[2.0])), (0, bad), (0, row(&[3.0]))];
    let mut out = Outputs::new();
    assert_eq!(node.process_all(packets, &mut out).unwrap_err().code, "RM606");
    assert_eq!((out.len(), node.in_hand().unwrap().seq), (2, 2));
    // Whoever goes on gets what stood behind it.
    assert_eq!(all(&mut *node, &[row(&[4.0, 4.0])]), [vec![1.0], vec![0.5, 0.5]]);
}

#[test]
fn behind_a_failed_run_a_stream_begins_anew() {
    let (wanted, windows) = speech();
    let mut node = silero();
    let mut packets: Vec<Packet> = windows[..6].iter().map(|it| sound(it, 1)).collect();
    // Too short for the network, and longer than the context.
    packets[2] = sound(&windows[2][..70], 1);
    let mut out = Outputs::new();
    let failure = node.process_all(packets.into_iter().map(|it| (0, it)).collect(), &mut out).unwrap_err();
    assert_eq!((failure.code, out.len()), ("RM608", 2));
    let begin: Vec<f32> = out.drain().flat_map(|(_, it)| floats(&it)).collect();
    assert_close(&begin, &wanted.probabilities[..2]);
    assert_eq!(all(&mut *node, &[]).len(), 3);
}

#[test]
fn sixteen_streams_of_speech_give_what_one_gives() {
    let (wanted, windows) = speech();
    let mut node = silero();
    let mut got = vec![Vec::new(); 16];
    for pair in windows.chunks(2) {
        let of = |stream: u32| pair.iter().map(move |it| Packet { stream, ..sound(it, 1) });
        let packets: Vec<Packet> = (0..16).flat_map(of).collect();
        for (index, value) in all(&mut *node, &packets).into_iter().enumerate() {
            got[index / pair.len()].extend(value);
        }
    }
    let (first, rest) = got.split_first().unwrap();
    assert_close(first, &wanted.probabilities);
    // Whether a run was made with others must not show.
    assert!(rest.iter().all(|it| it == first));
}

#[test]
fn nodes_on_several_threads_give_what_one_gives() {
    let (_, windows) = speech();
    let alone = probabilities(&mut *silero(), &windows);
    let begin = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut node = silero();
                begin.wait();
                let got: Vec<f32> = windows
                    .chunks(8)
                    .flat_map(|it| all(&mut *node, &it.iter().map(|it| sound(it, 1)).collect::<Vec<_>>()))
                    .flatten()
                    .collect();
                assert!(got == alone, "a run with others gave another probability");
            });
        }
    });
}
