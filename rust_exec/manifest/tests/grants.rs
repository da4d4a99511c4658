//! The cases of `testdata/grants.json`, which the Python side reads too.

use std::path::Path;

use remotemedia_manifest::Grant;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    valid: Vec<(String, String)>,
    invalid: Vec<String>,
    covers: Vec<(String, String)>,
    covers_not: Vec<(String, String)>,
}

fn cases() -> Cases {
    let directory = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let text = std::fs::read(Path::new(&directory).join("../../testdata/grants.json")).expect("the file is there");
    serde_json::from_slice(&text).expect("these are cases")
}

fn grant(text: &str) -> Grant {
    text.parse().unwrap_or_else(|()| panic!("{text:?} should be a grant"))
}

#[test]
fn grants_are_read_and_written() {
    let cases = cases();
    for (text, written) in &cases.valid {
        assert_eq!(&grant(text).to_string(), written);
        assert_eq!(grant(written), grant(text));
    }
    for text in &cases.invalid {
        assert!(text.parse::<Grant>().is_err(), "{text:?} should be refused");
    }
}

#[test]
fn a_grant_covers_what_lies_within_it_and_nothing_else() {
    let cases = cases();
    for (given, wanted) in &cases.covers {
        assert!(grant(given).covers(&grant(wanted)), "{given} should cover {wanted}");
    }
    for (given, wanted) in &cases.covers_not {
        assert!(!grant(given).covers(&grant(wanted)), "{given} should not cover {wanted}");
    }
}
