//! What a node may emit, and what it costs the host over a long life.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use remotemedia_engine::{More, Outputs};
use remotemedia_packet::{Body, Packet};
use serde_json::json;

use crate::support::{draft, json_packet, to_json};

const MIB: usize = 1 << 20;

/// A generator is left after some time, too; a clock that stands makes calls of equal length.
const STOPPED: &str = "import time\ntime.monotonic = lambda: 0.0\n";

#[test]
fn output_beyond_the_limit_is_refused() {
    let node = |source: &str| draft(source).limits(|it| (it.output_bytes, it.output_packets) = (64 << 10, 10));
    let mut bytes = node("class N:\n    def process(self, v): return b'x' * 65537").make();
    let failure = bytes.failure();
    assert_eq!((failure.code, &*failure.message), ("RM607", "expected at most 65536 bytes a call, got 65537"));
    let mut huge = node("class N:\n    def process(self, v): return 'x' * (64 << 20)").make();
    assert_eq!(huge.failure().code, "RM607");
    let mut many = node(&format!("{STOPPED}class N:\n    def process(self, v): yield from range(11)")).make();
    assert_eq!(many.failure().code, "RM607");
    let mut fits = node("class N:\n    def process(self, v): return b'x' * 65536").make();
    assert!(fits.try_packet(json_packet(&json!(1))).is_ok());
}

/// Resident memory of this process, in bytes.
pub(crate) fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn what_is_returned_does_not_pile_up() {
    let source = "
seen = 0
class N:
    n = 0
    def process(self, v):
        global seen
        seen += 1
        self.n += len(v)
        yield v
        yield [self.n, seen]
";
    // 1 000 × 64 KiB are as much as the guest may have in all.
    let mut node = draft(source).limits(|it| it.memory = 64 << 20).make();
    let payload = Packet::new(Body::Bytes(Bytes::from(vec![7; 64 << 10])));
    node.packet(payload.clone());
    let before = resident();
    let mut last = None;
    for _ in 1..1500 {
        last = node.packet(payload.clone()).pop();
    }
    // Other tests run beside this one.
    let grown = resident().saturating_sub(before);
    assert!(grown < 150 * MIB, "grown by {} MiB", grown / MIB);
    assert_eq!(last.as_ref().map(to_json), Some(json!([1500 * (64 << 10), 1500])));
}

#[test]
fn a_generator_may_give_more_than_its_memory() {
    let source = "class N:\n    def process(self, v):\n        for n in range(200): yield bytes(1 << 20)";
    let mut node = draft(source).limits(|it| it.memory = 64 << 20).make();
    let mut out = Outputs::new();
    let mut more = node.node.process(0, json_packet(&json!(0)), &mut out).unwrap();
    let mut given = 0;
    while more == More::Yes {
        more = node.node.pull(8, &mut out).unwrap();
        given += out.drain().map(|(_, packet)| packet.byte_len()).sum::<usize>();
    }
    assert!(given >= 199 * MIB, "{given} bytes were given");
}

#[test]
fn a_node_with_too_little_memory_to_start_says_so() {
    let draft = draft("class N:\n    def process(self, v): return v").limits(|it| it.memory = MIB as u64);
    assert_eq!(draft.failure().code, "RM604");
}

#[test]
fn the_deadline_is_for_each_call() {
    let source = "import time\nclass N:\n    def process(self, v):\n        for i in range(4):\n            time.sleep(0.06)\n            yield i";
    let mut node = draft(source).limits(|it| it.timeout = Duration::from_millis(200)).make();
    assert_eq!(node.json(&json!(0)).len(), 4);
}
