#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use remotemedia_engine::{Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, NodeSpec};
use remotemedia_packet::Dtype;
use serde_json::json;

use super::*;
use crate::config::Config;
use crate::library;
use crate::model::{Model, Source};
use crate::providers::Settings;
use crate::value::filled;

struct Nothing;

impl FileSource for Nothing {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        Err(NodeFailure::new("RM306", format!("no file `{path}`")))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(Vec::new())
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

impl LogSink for Nothing {
    fn log(&self, _: &LogRecord<'_>) {}
}

fn spec() -> NodeSpec {
    let params = json!({"model": {"$file": "m.onnx"}, "constants": {"sr": 16000}, "state": {"state": "stateN"}});
    NodeSpec {
        id: "model".into(),
        node_type: "OnnxNode".into(),
        entry: None,
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        params: params.as_object().cloned().unwrap(),
        fed: true,
        files: Arc::new(Nothing),
        limits: EffectiveLimits::default(),
        grants: Vec::new(),
        seed: 0,
        log: Arc::new(Nothing),
        cancel: Cancel::new(),
    }
}

/// A lane of the recurrent model of voice activity detection, and how a node runs it.
fn silero() -> (Lane, Group) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/models/silero_vad_16k_op15.onnx");
    let environment = library::load(None, || Ok(())).unwrap();
    let spec = spec();
    let settings = Settings::read(&spec.params).unwrap();
    let source = || {
        let (model, settings) = (std::fs::read(&path).unwrap(), settings.clone());
        Source { model, external: std::collections::BTreeMap::default(), settings }
    };
    let opener = Arc::new(Opener::new(source(), environment.clone()));
    let model = Model::load(&environment, source(), &spec.limits).unwrap();
    let group = Group::new(&model, &Config::read(&spec, &model).unwrap(), &spec).unwrap();
    (Lane::new(opener.open(&[]).unwrap(), Some(opener)).unwrap(), group)
}

fn zeros(shape: &[i64]) -> DynValue {
    filled(Dtype::F32, shape.to_vec(), &mut |it| it.fill(0)).unwrap()
}

#[test]
fn runs_of_one_shape_get_a_session_of_their_own() {
    let (mut lane, group) = silero();
    let (state, window) = (zeros(&[2, 1, 128]), zeros(&[1, 576]));
    let mut runs = 0;
    while !matches!(lane.fixed, Fixed::Ready { .. }) {
        assert!(runs < 10_000 && !matches!(lane.fixed, Fixed::Never), "after {runs} runs there is none");
        lane.single(&group, &vec![&window, &state]).unwrap();
        runs += 1;
        if matches!(lane.fixed, Fixed::Opening { .. }) {
            sleep(Duration::from_millis(1));
        }
    }
    assert!(runs > USUAL);
    let expected = run(&mut lane.session, &lane.deadline, &group, &vec![&window, &state]).unwrap();
    assert!(is_equal(&expected, &lane.single(&group, &vec![&window, &state]).unwrap()));
    // Another shape is the first session's.
    let (states, windows) = (zeros(&[2, 2, 128]), zeros(&[2, 576]));
    assert_eq!(lane.single(&group, &vec![&windows, &states]).unwrap().len(), 2);
    assert!(matches!(lane.fixed, Fixed::Ready { .. }));
}

#[test]
fn a_session_that_is_being_made_is_waited_for() {
    let (lane, _) = silero();
    let opener = lane.opener.unwrap();
    let made = Arc::new(AtomicBool::new(false));
    let place = Arc::clone(&made);
    assert!(opener.spawn(move |opener| {
        sleep(Duration::from_millis(20));
        place.store(opener.open(&[]).is_ok(), Ordering::Release);
    }));
    opener.rest();
    assert!(made.load(Ordering::Acquire));
    // Nobody waits for what is made no more.
    opener.rest();
}
