//! A library that is not there; apart from the other tests, because a process loads one library and keeps it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use remotemedia_onnx::OnnxRuntime;

#[test]
fn a_library_that_is_not_there_is_named() {
    let failure = OnnxRuntime::new(Some(Path::new("/nowhere/libonnxruntime.so"))).err().unwrap();
    assert_eq!(failure.code, "RM609");
    let message = "expected the ONNX Runtime library at `/nowhere/libonnxruntime.so`: ";
    assert!(failure.message.starts_with(message), "{failure}");
}

#[test]
fn a_file_that_is_no_library_is_named() {
    let file = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("Cargo.toml");
    let failure = OnnxRuntime::new(Some(&file)).err().unwrap();
    assert_eq!(failure.code, "RM609");
    assert!(failure.message.contains("onnx/Cargo.toml"), "{failure}");
}
