//! What authors write: the example's program, over its pipes.

use std::path::PathBuf;

use remotemedia_child::{Child, Program};
use remotemedia_engine::{NodeInstance as _, NodeSpec, Outputs};
use remotemedia_packet::{Audio, Body, Layout, Packet, SampleFormat};
use serde_json::json;

use crate::support::spec;

/// `examples/gate.rs`, which cargo builds beside the tests.
fn gate() -> Program {
    let tests = std::env::current_exe().unwrap();
    let path: PathBuf = tests.parent().and_then(|it| it.parent()).unwrap().join("examples/gate");
    assert!(path.is_file(), "expected `{}`: `cargo test` without `--test` builds it", path.display());
    Program { path, ..Program::default() }
}

fn sound(level: f32) -> Packet {
    let data = level.to_le_bytes().repeat(800).into();
    let (format, layout) = (SampleFormat::F32, Layout::Planar);
    Packet::new(Body::Audio(Audio { format, rate: 8000, channels: 1, layout, data }))
}

fn level(out: &mut Outputs) -> f32 {
    let Body::Audio(audio) = out.drain().next().unwrap().1.body else { panic!("expected sound") };
    f32::from_le_bytes(*audio.data.first_chunk().unwrap())
}

fn with(params: serde_json::Value) -> NodeSpec {
    NodeSpec { params: params.as_object().unwrap().clone(), ..spec("Gate") }
}

#[test]
fn a_program_of_an_author_is_a_node() {
    let spec = with(json!({"threshold": 0.1, "hold": 0.15}));
    let mut node = Child::start(&gate(), &spec, None).unwrap();
    let mut out = Outputs::new();
    let mut heard = |level_in| {
        node.process(0, sound(level_in), &mut out).unwrap();
        level(&mut out)
    };
    // A packet is a tenth of a second: the gate stays open for two of them behind a loud one.
    assert_eq!([0.05, 0.5, 0.05, 0.05, 0.05].map(&mut heard), [0.0, 0.5, 0.05, 0.05, 0.0]);
    node.set_param("threshold", &json!(0.01)).unwrap();
    let state = node.snapshot().unwrap().unwrap();
    let mut second = Child::start(&gate(), &spec, None).unwrap();
    second.restore(&state).unwrap();
    second.process(0, sound(0.05), &mut out).unwrap();
    assert!((level(&mut out) - 0.05).abs() < f32::EPSILON);
    node.close();
}

#[test]
fn a_program_says_why_it_cannot_be_made() {
    let failure = Child::start(&gate(), &with(json!({})), None).err().unwrap();
    assert_eq!((failure.code, failure.message.as_str()), ("RM211", "expected a number as `threshold`, got none"));
}
