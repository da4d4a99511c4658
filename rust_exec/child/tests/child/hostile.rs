//! Children that do not behave: each a typed failure within its deadline, and nothing left behind.

use std::time::{Duration, Instant};

use remotemedia_child::Child;
use remotemedia_engine::{NodeInstance as _, Outputs};

use crate::support::{child, program, spec, text};

/// What may pass beside the deadline on a busy machine.
const SLACK: Duration = Duration::from_millis(400);

fn failing(node_type: &str) -> (&'static str, String) {
    let spec = spec(node_type);
    let mut node = child(&spec).unwrap();
    let begin = Instant::now();
    let mut out = Outputs::bounded(&spec.limits);
    let failure = node.process(0, text(""), &mut out).unwrap_err();
    assert!(begin.elapsed() < spec.limits.timeout + SLACK, "{:?}", begin.elapsed());
    // A dead child stays dead.
    let again = node.process(0, text(""), &mut Outputs::new()).unwrap_err();
    assert_eq!(again, failure);
    (failure.code, failure.message)
}

#[test]
fn a_loop_ends_at_the_deadline() {
    assert_eq!(failing("Hang"), ("RM603", "expected an answer within 500ms, got none".to_owned()));
}

#[test]
fn a_sleep_ends_at_the_deadline() {
    assert_eq!(failing("Sleep").0, "RM603");
}

#[test]
fn a_loop_while_it_is_made_ends_at_the_deadline() {
    let begin = Instant::now();
    assert_eq!(child(&spec("LoopInMake")).err().unwrap().code, "RM603");
    assert!(begin.elapsed() < spec("").limits.timeout + SLACK);
}

#[test]
fn a_memory_bomb_is_told_as_memory() {
    assert_eq!(failing("Bomb").0, "RM604");
}

#[test]
fn an_exit_is_told_with_its_status() {
    let message = "expected the node to return, got the end of its process with status 0";
    assert_eq!(failing("Exit"), ("RM611", message.to_owned()));
}

#[test]
fn an_abort_is_told_with_its_signal() {
    assert_eq!(
        failing("Abort"),
        ("RM611", "expected the node to return, got the end of its process by signal 6".into())
    );
}

#[test]
fn a_panic_is_told_with_what_it_said_last() {
    let mut node = child(&spec("Panic")).unwrap();
    let failure = node.process(0, text(""), &mut Outputs::new()).unwrap_err();
    assert_eq!(failure.code, "RM611");
    assert!(failure.causes[0].message.contains("so it is"), "{failure:?}");
}

#[test]
fn a_result_beyond_the_bound_is_refused_in_the_child() {
    let mut spec = spec("Huge");
    spec.limits.output_bytes = 1 << 20;
    let failure = child(&spec).unwrap().process(0, text(""), &mut Outputs::new()).unwrap_err();
    assert_eq!(failure.code, "RM607");
}

#[test]
fn a_state_beyond_the_bound_is_refused() {
    let mut spec = spec("Huge");
    spec.limits.output_bytes = 1 << 20;
    let code = child(&spec).unwrap().snapshot().err().map(|it| it.code);
    assert_eq!(code, Some("RM607"));
}

#[test]
fn a_port_that_there_is_not_is_refused() {
    let failure = child(&spec("Port")).unwrap().process(0, text(""), &mut Outputs::new()).unwrap_err();
    assert_eq!((failure.code, failure.message.as_str()), ("RM605", "expected a packet for one of 2 ports, got port 9"));
}

#[test]
fn a_cancelled_run_ends_a_call_at_once() {
    let mut spec = spec("Hang");
    spec.limits.timeout = Duration::from_secs(60);
    let mut node = child(&spec).unwrap();
    let (cancel, begin) = (spec.cancel.clone(), Instant::now());
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        cancel.cancel();
    });
    assert_eq!(node.process(0, text(""), &mut Outputs::new()).unwrap_err().code, "RM615");
    assert!(begin.elapsed() < Duration::from_millis(250), "{:?}", begin.elapsed());
}

#[test]
fn what_is_no_child_is_told() {
    for (argument, code) in [("gone", "RM626"), ("babble", "RM626")] {
        let failure = Child::start(&program(&[argument]), &spec("Echo"), None).err().unwrap();
        assert_eq!(failure.code, code, "{argument}: {failure:?}");
    }
    let missing = remotemedia_child::Program { path: "/no/such/program".into(), ..program(&[]) };
    assert_eq!(Child::start(&missing, &spec("Echo"), None).err().unwrap().code, "RM626");
}

#[test]
fn no_process_is_left() {
    for node_type in ["Echo", "Hang", "Exit"] {
        let mut node = child(&spec(node_type)).unwrap();
        let place = format!("/proc/{}", node.id());
        assert!(std::path::Path::new(&place).exists());
        let _ = node.process(0, text(""), &mut Outputs::new());
        drop(node);
        assert!(!std::path::Path::new(&place).exists(), "{node_type}");
    }
}
