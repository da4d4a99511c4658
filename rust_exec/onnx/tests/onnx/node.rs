//! Packets through one model, and parameters against it.

use remotemedia_engine::Outputs;
use remotemedia_packet::{Audio, Body, Dtype, Packet, Tensor};
use serde_json::json;

use crate::support::*;

#[test]
fn speech_is_found_as_python_finds_it() {
    let (wanted, windows) = speech();
    let mut node = silero();
    let first = Packet { pts_ns: Some(5), duration_ns: Some(7), ..sound(&windows[0], 1) };
    let given = process(&mut *node, first).unwrap();
    assert_eq!((given.pts_ns, given.duration_ns), (Some(5), Some(7)));
    assert_eq!((tensor(&given).dtype, &tensor(&given).shape), (Dtype::F32, &vec![1]));
    let rest = probabilities(&mut *node, &windows[1..]);
    assert_close(&[floats(&given), rest].concat(), &wanted.probabilities);
    assert!(wanted.probabilities.iter().any(|it| *it > 0.9) && wanted.probabilities.iter().any(|it| *it < 0.1));
}

#[test]
fn sixteen_bit_sound_is_taken() {
    let (wanted, windows) = speech();
    let to_bytes = |window: &Vec<f32>| {
        let samples = window.iter().map(|it| (it * 32_768.0) as i16);
        Packet::new(Body::Audio(Audio {
            format: remotemedia_packet::SampleFormat::I16,
            rate: 16_000,
            channels: 1,
            layout: remotemedia_packet::Layout::Interleaved,
            data: samples.flat_map(i16::to_le_bytes).collect::<Vec<u8>>().into(),
        }))
    };
    let mut node = silero();
    let got: Vec<f32> = windows[..20].iter().map(|it| floats(&process(&mut *node, to_bytes(it)).unwrap())[0]).collect();
    assert_close(&got, &wanted.probabilities[..20]);
}

#[test]
fn flush_begins_a_new_stream() {
    let (wanted, windows) = speech();
    let mut node = silero();
    for _ in 0..2 {
        assert_close(&probabilities(&mut *node, &windows[..30]), &wanted.probabilities[..30]);
        node.flush(&mut Outputs::new()).unwrap();
    }
}

#[test]
fn streams_and_sessions_keep_their_own_state() {
    let (wanted, windows) = speech();
    let mut node = silero();
    let mut got = [Vec::new(), Vec::new(), Vec::new()];
    for window in &windows[..30] {
        for (index, (stream, session)) in [(0, None), (1, None), (0, Some("a".into()))].into_iter().enumerate() {
            let packet = Packet { stream, session, ..sound(window, 1) };
            got[index].extend(floats(&process(&mut *node, packet).unwrap()));
        }
    }
    got.iter().for_each(|it| assert_close(it, &wanted.probabilities[..30]));
}

#[test]
fn a_snapshot_moves_the_state_to_another_node() {
    let (wanted, windows) = speech();
    let mut first = silero();
    probabilities(&mut *first, &windows[..15]);
    let snapshot = first.snapshot().unwrap().unwrap();
    let mut second = silero();
    second.restore(&snapshot).unwrap();
    assert_eq!(second.snapshot().unwrap().unwrap(), snapshot);
    assert_close(&probabilities(&mut *second, &windows[15..30]), &wanted.probabilities[15..30]);
}

#[test]
fn what_is_no_snapshot_is_refused_and_changes_nothing() {
    let (wanted, windows) = speech();
    let mut node = silero();
    probabilities(&mut *node, &windows[..15]);
    let snapshot = node.snapshot().unwrap().unwrap();
    let mut cuts: Vec<Vec<u8>> = (0..snapshot.len()).step_by(7).map(|it| snapshot[..it].to_vec()).collect();
    cuts.push([&snapshot[..], &[0]].concat());
    let mut many_axes = snapshot.clone();
    many_axes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    cuts.push(many_axes);
    for bytes in cuts {
        assert_eq!(node.restore(&bytes).unwrap_err().code, "RM602");
    }
    assert_close(&probabilities(&mut *node, &windows[15..30]), &wanted.probabilities[15..30]);
}

#[test]
fn sound_takes_the_rank_the_model_wants() {
    let mono = [1.0, 2.0, 3.0, 4.0];
    for (model, channels, shape) in [
        ("echo-rank-1", 1, vec![4]),
        ("echo-rank-2", 1, vec![4]),
        ("echo-rank-2", 2, vec![2, 2]),
        ("echo-rank-3", 1, vec![1, 4]),
        ("echo-rank-3", 2, vec![2, 2]),
        ("echo-4-samples", 1, vec![4]),
    ] {
        let given = process(&mut *small(model, json!({})).unwrap(), sound(&mono, channels)).unwrap();
        assert_eq!((&tensor(&given).shape, floats(&given)), (&shape, mono.to_vec()), "{model}, {channels}");
    }
}

#[test]
fn the_context_is_the_end_of_the_packet_before() {
    let mut node = small("echo-rank-2", json!({"context": 2})).unwrap();
    let mut given = |samples: &[f32], channels| floats(&process(&mut *node, sound(samples, channels)).unwrap());
    assert_eq!(given(&[1.0, 2.0, 3.0], 1), [0.0, 0.0, 1.0, 2.0, 3.0]);
    assert_eq!(given(&[4.0], 1), [2.0, 3.0, 4.0]);
    assert_eq!(given(&[5.0], 1), [3.0, 4.0, 5.0]);
    assert_eq!(given(&[1.0, 2.0, 3.0, 4.0], 2), [0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0]);
    assert_eq!(given(&[9.0, 8.0], 2), [1.0, 2.0, 9.0, 3.0, 4.0, 8.0]);
}

#[test]
fn a_tensor_goes_as_it_is() {
    let packet = |it: Tensor| Packet::new(Body::Tensor(it));
    let given = process(
        &mut *small("echo-rank-3", json!({})).unwrap(),
        packet(Tensor::from_vec(vec![1.0_f32, 2.0], &[1, 1, 2]).unwrap()),
    );
    assert_eq!(tensor(&given.unwrap()).shape, [1, 1, 2]);
    let integers = Tensor::from_vec(vec![i64::MIN, -1, 0, i64::MAX], &[2, 2]).unwrap();
    let given = process(&mut *small("echo-i64", json!({})).unwrap(), packet(integers.clone())).unwrap();
    assert_eq!(*tensor(&given), integers);
    let flags = Tensor { dtype: Dtype::Bool, shape: vec![3], data: vec![1, 0, 1].into() };
    let given = process(&mut *small("echo-bool", json!({})).unwrap(), packet(flags.clone())).unwrap();
    assert_eq!(*tensor(&given), flags);
    let empty = Tensor::from_vec(Vec::<f32>::new(), &[0]).unwrap();
    let given = process(&mut *small("echo-rank-1", json!({})).unwrap(), packet(empty.clone())).unwrap();
    assert_eq!(*tensor(&given), empty);
}

#[test]
fn constants_have_the_models_type() {
    let mut node = small("add", json!({"constants": {"k": [10, 20.5]}})).unwrap();
    assert_eq!(floats(&process(&mut *node, sound(&[1.0, 2.0], 1)).unwrap()), [11.0, 22.5]);
    let mut node = small("add", json!({"constants": {"k": [{"$float": "-inf"}, 0]}})).unwrap();
    assert_eq!(floats(&process(&mut *node, sound(&[1.0, 2.0], 1)).unwrap()), [f32::NEG_INFINITY, 2.0]);
}

#[test]
fn what_does_not_fit_the_model_is_named() {
    let fails = |model: &str, packet: Packet| process(&mut *small(model, json!({})).unwrap(), packet).unwrap_err();
    let doubles = Packet::new(Body::Tensor(Tensor::from_vec(vec![1.0_f64], &[1]).unwrap()));
    for (failure, message) in [
        (
            fails("echo-4-samples", sound(&[1.0], 1)),
            "expected `f32` of shape [1, 4] in the model's input `x`, got `f32` of shape [1, 1]",
        ),
        (
            fails("echo-i64", sound(&[1.0, 2.0], 2)),
            "expected `i64` of shape [2, ?] in the model's input `x`, got `f32` of shape [2, 1]",
        ),
        (fails("echo-rank-1", doubles), "expected `f32` of shape [?] in the model's input `x`, got `f64` of shape [1]"),
        (
            fails("echo-rank-4", sound(&[1.0], 1)),
            "expected an input of rank 1 to 3 in `x` for sound of 1 channels, got rank 4",
        ),
    ] {
        assert_eq!((failure.code, failure.message.as_str()), ("RM608", message));
    }
    assert_eq!(fails("echo-rank-1", Packet::new(Body::Text("words".into()))).code, "RM606");
}

#[test]
fn a_failing_run_is_an_error_of_the_node() {
    let mut node = small("add", json!({"constants": {"k": [1, 2]}})).unwrap();
    let failure = process(&mut *node, sound(&[1.0, 2.0, 3.0], 1)).unwrap_err();
    assert_eq!(failure.code, "RM608");
    assert!(failure.message.starts_with("the model could not be run: "), "{failure}");
    assert!(!failure.message.contains('\n'));
    assert!(process(&mut *node, sound(&[1.0, 2.0], 1)).is_ok());
}

#[test]
fn parameters_are_held_against_the_model() {
    for (params, code, message) in [
        (json!({"input": "z"}), "RM608", "expected an input of the model (x, k), got `z`"),
        (json!({"output": "z"}), "RM608", "expected an output of the model (y), got `z`"),
        (json!({}), "RM608", "expected the model's input `k` to be given once, got it 0 times"),
        (
            json!({"constants": {"k": [1, 2], "x": 1}}),
            "RM608",
            "expected the model's input `x` to be given once, got it 2 times",
        ),
        (json!({"constants": {"k": [1, 2, 3]}}), "RM608", "expected the shape [2] in the constant `k`, got [3]"),
        (json!({"constants": {"k": 1}}), "RM608", "expected the shape [2] in the constant `k`, got [1]"),
        (
            json!({"constants": {"k": [1, [2]]}}),
            "RM211",
            "expected a number or an even nested list of `f32` for `constants.k`, got `[1,[2]]`",
        ),
        (json!({"state": {"k": "z"}}), "RM608", "expected an output of the model (y), got `z`"),
        (json!({"state": "k"}), "RM211", "expected an object for `state`, got `\"k\"`"),
        (json!({"context": -1}), "RM211", "expected an integer from 0 to 16777216 for `context`, got `-1`"),
        (json!({"model": "add.onnx"}), "RM211", "expected a file of the project for `model`, got `\"add.onnx\"`"),
        (json!({"model": {"$file": "missing.onnx"}}), "RM306", ""),
    ] {
        let failure = small("add", params).err().unwrap();
        assert_eq!(failure.code, code, "{failure}");
        assert!(failure.message.starts_with(message), "{failure}");
    }
}

#[test]
fn what_is_no_model_is_refused() {
    let failure = instantiate(json!({"model": {"$file": "silero.json"}})).err().unwrap();
    assert_eq!(failure.code, "RM608");
    assert!(failure.message.starts_with("expected an ONNX model: "), "{failure}");
}

#[test]
fn weights_are_read_through_the_package_alone() {
    // The file is where a model without a directory of its own would look for it.
    let weights = std::env::current_dir().unwrap().join("weights.bin");
    std::fs::write(&weights, [0; 8]).unwrap();
    let refused = small("external-data", json!({}));
    std::fs::remove_file(&weights).unwrap();
    assert_eq!(refused.err().unwrap().code, "RM306");
}

#[test]
fn another_node_is_refused() {
    let failure = node_of("AudioMixNode", json!({})).err().unwrap();
    assert_eq!((failure.code, failure.message.as_str()), ("RM610", "expected an `OnnxNode`, got `AudioMixNode`"));
}

#[test]
fn nodes_of_one_model_share_its_session_from_several_threads() {
    let (wanted, windows) = speech();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_close(&probabilities(&mut *silero(), &windows[..20]), &wanted.probabilities[..20]));
        }
    });
}
