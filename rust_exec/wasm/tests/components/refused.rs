//! What is refused before any of it runs.

use serde_json::json;

use crate::binary::{empty, importing, instantiating};
use crate::support::{make, repository};

fn refusal(wasm: Vec<u8>) -> (&'static str, String) {
    let failure = make(wasm, &json!({})).err().expect("the component is refused");
    (failure.code, format!("{} {}", failure.message, failure.hint.unwrap_or_default()))
}

#[test]
fn an_import_that_reaches_further_is_told_with_the_grant_it_would_need() {
    let (code, told) = refusal(importing("wasi:sockets/tcp@0.2.0"));
    assert_eq!(code, "RM631");
    assert!(told.contains("`wasi:sockets/tcp@0.2.0`") && told.contains("net=HOST:PORT"), "{told}");
    let (code, told) = refusal(importing("example:secrets/vault@1.0.0"));
    assert!(code == "RM631" && told.contains("no grant"), "{told}");
    let (code, _) = refusal(importing("remotemedia:nodes/host@1.0.0"));
    assert_eq!(code, "RM631");
}

#[test]
fn a_core_module_is_told_how_to_become_a_component() {
    let (code, told) = refusal(repository("testdata/components/core_module.wasm"));
    assert!(code == "RM632" && told.contains("wasm-tools component new"), "{told}");
}

#[test]
fn what_is_no_component_of_the_world_is_refused() {
    assert_eq!(refusal(b"no wasm at all".to_vec()).0, "RM632");
    assert_eq!(refusal(empty()).0, "RM632");
    let (code, told) = refusal(vec![0; (64 << 20) + 1]);
    assert!(code == "RM632" && told.contains("more than"), "{told}");
    let mut cut = repository("examples/wasm_gain/gain.wasm");
    cut.truncate(cut.len() / 2);
    assert_eq!(refusal(cut).0, "RM632");
    // It has no exports either, but is already too much for the compiler.
    assert_eq!(refusal(instantiating(10_000)).0, "RM632");
}
