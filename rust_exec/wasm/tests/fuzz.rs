//! The boundary to a guest: changed components, and changed values that a guest returns. Nothing panics, takes long or takes
//! much memory; what is refused has a code of its own, and what is accepted is sound.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]

#[path = "components/support.rs"]
#[allow(dead_code, reason = "what the other tests of components need besides")]
mod support;

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime, NodeSpec};
use remotemedia_fuzz::fuzz;
use remotemedia_packet::{Body, Packet};
use remotemedia_wasm::WasmRuntime;
use serde_json::json;

use crate::support::{process, repository, runtime, sound, spec};

/// Where `mirror.wat` puts what it is given.
const BASE: usize = 65_536;
/// Bytes of a packet, and of what stands before a list of them.
const PACKET: usize = 72;
const EMISSION: usize = 16;
/// All that a guest's own doing can end in: the codes of `RM602` to `RM632` that say so.
const TYPED: [&str; 10] = ["RM602", "RM603", "RM604", "RM605", "RM606", "RM607", "RM611", "RM619", "RM631", "RM632"];

/// A node of these bytes, which does not get long for anything.
fn briefly(wasm: Vec<u8>) -> NodeSpec {
    let (mut spec, _) = spec(wasm, &json!({"factor": 1, "threshold": 0}));
    spec.limits.timeout = Duration::from_millis(100);
    spec.limits.output_bytes = 1 << 20;
    spec
}

fn typed(failure: &NodeFailure) {
    assert!(TYPED.contains(&failure.code), "{failure:?}");
    assert!(failure.message.len() < 4096 && !failure.message.contains('\x1b'), "{failure:?}");
}

/// What a call gave is a typed failure, or packets that every reader may rely on, within the limits.
fn judge(spec: &NodeSpec, given: &Result<Vec<Packet>, NodeFailure>) {
    match given {
        Err(failure) => typed(failure),
        Ok(packets) => {
            assert!(packets.len() as u64 <= spec.limits.output_packets);
            let bytes: usize = packets.iter().map(Packet::byte_len).sum();
            assert!(bytes as u64 <= spec.limits.output_bytes);
            packets.iter().for_each(|it| it.check().expect("a packet that was accepted"));
        }
    }
}

#[test]
fn changed_components() {
    let files =
        ["examples/wasm_gain/gain.wasm", "testdata/components/mirror.wasm", "testdata/components/core_module.wasm"];
    let corpus = files.map(repository);
    let cache = tempfile::tempdir().unwrap();
    let tokens: [&[u8]; 5] = [
        b"\0asm\x0d\0\x01\0",
        b"remotemedia:node/host@1.0.0",
        b"wasi:sockets/tcp@0.2.0",
        b"\0a",
        b"\xff\xff\xff\xff\x0f",
    ];
    let tried = fuzz("wasm-component", &corpus, &tokens, |input| {
        // A runtime keeps what it compiled, so each has one of its own.
        let runtime = WasmRuntime::new(cache.path(), None, |_| {}).unwrap();
        let spec = briefly(input.to_vec());
        match runtime.instantiate(&spec) {
            Err(failure) => typed(&failure),
            Ok(mut node) => judge(&spec, &process(node.as_mut(), sound(&[0.5]))),
        }
    });
    assert!(tried > 5, "{tried}");
}

/// The memory of an emission of one packet, as the canonical ABI lays it out.
fn emission(kind: u32, [head, meta, session, data]: [&[u8]; 4]) -> Vec<u8> {
    let word = |it: usize| u32::try_from(it).unwrap().to_le_bytes();
    let mut memory = [word(0), word(BASE + EMISSION), word(1), word(0)].concat();
    memory.extend([word(0), word(3)].concat());
    memory.extend([7_u64, 1_000, 20].map(u64::to_le_bytes).concat());
    memory.extend(kind.to_le_bytes());
    let mut at = BASE + EMISSION + PACKET;
    for part in [head, meta, session, data] {
        memory.extend([word(at), word(part.len())].concat());
        at += part.len();
    }
    memory.resize(EMISSION + PACKET, 0);
    memory.extend([head, meta, session, data].concat());
    memory
}

/// The memory of a failure of five texts.
fn failure(texts: [&[u8]; 5]) -> Vec<u8> {
    let word = |it: usize| u32::try_from(it).unwrap().to_le_bytes();
    let mut memory = word(1).to_vec();
    let mut at = BASE + 4 + 8 * texts.len();
    for text in texts {
        memory.extend([word(at), word(text.len())].concat());
        at += text.len();
    }
    memory.extend(texts.concat());
    memory
}

/// One of each kind, and a failure.
fn returned() -> Vec<Vec<u8>> {
    let sound = br#"{"format":"f32","rate":16000,"channels":1,"layout":"planar"}"#;
    let picture = br#"{"format":"rgb24","width":2,"height":1,"planes":[{"offset":0,"stride":6}]}"#;
    vec![
        emission(1, [sound, br#"{"a":1}"#, b"s", &[0; 64]]),
        emission(2, [picture, b"", b"", &[9; 6]]),
        emission(3, [br#"{"dtype":"i16","shape":[2,2]}"#, b"", b"", &[1; 8]]),
        emission(4, ["h\u{e9}llo".as_bytes(), b"{}", b"", b""]),
        emission(5, [br#"{"x":{"$buf":0,"dtype":"f32","shape":[2]}}"#, b"", b"", &[2; 8]]),
        emission(6, [b"", b"", b"", b"bytes"]),
        failure([b"ValueError", b"expected a, got b", b"Traceback", b"RM606", b"try c"]),
    ]
}

#[test]
fn changed_values_of_a_component() {
    let spec = briefly(repository("testdata/components/mirror.wasm"));
    let make = || runtime().instantiate(&spec).unwrap();
    let node: RefCell<Box<dyn NodeInstance>> = RefCell::new(make());
    let give =
        |input: &[u8]| process(node.borrow_mut().as_mut(), Packet::new(Body::Bytes(Bytes::copy_from_slice(input))));
    for whole in returned().iter().take(6) {
        assert_eq!(give(whole).unwrap().len(), 1);
    }
    let tokens: [&[u8]; 6] = [b"\0\0\x01\0", b"\xff\xff\xff\xff", b"\x1b[31m", b"[[[[", b"\\u0000", b"\"$buf\":9"];
    let tried = fuzz("wasm-values", &returned(), &tokens, |input| {
        let given = give(input);
        judge(&spec, &given);
        if given.is_err_and(|it| it.code == "RM611") {
            *node.borrow_mut() = make();
        }
    });
    assert!(tried > 100, "{tried}");
}
