//! Snapshots that mean harm: too large, cut, or with code in them.

use remotemedia_engine::Outputs;
use serde_json::json;

use crate::support::{draft, json_packet};

const ECHO: &str = "class N:\n    def process(self, v): return v";

#[test]
fn code_in_a_snapshot_runs_in_the_sandbox_alone() {
    let place = tempfile::tempdir().unwrap();
    let mark = place.path().join("mark");
    let mut node = draft(ECHO).make();
    for call in ["os\nsystem", "builtins\nexec", "builtins\nopen"] {
        let pickle = format!("c{call}\n(S'touch {}'\ntR.", mark.display());
        let failure = node.node.restore(pickle.as_bytes()).unwrap_err();
        assert_eq!(failure.code, "RM602", "{call}: {failure:?}");
    }
    assert!(!mark.exists());
    assert_eq!(node.one(&json!(1)), json!(1));
}

#[test]
fn a_cut_snapshot_is_refused() {
    let state = draft(ECHO).make().node.snapshot().unwrap().unwrap();
    for length in [0, 1, state.len() / 2, state.len() - 1] {
        let mut node = draft(ECHO).make();
        assert_eq!(node.node.restore(&state[..length]).unwrap_err().code, "RM602", "{length} bytes");
    }
}

#[test]
fn a_state_takes_no_more_than_the_nodes_memory() {
    let source = "class N:\n    def process(self, v): self.kept = bytes(70 << 20)";
    let mut node = draft(source).limits(|it| it.memory = 128 << 20).make();
    node.node.process(0, json_packet(&json!(0)), &mut Outputs::new()).unwrap();
    let code = node.node.snapshot().err().map(|it| it.code);
    assert_eq!(code, Some("RM604"));
}
