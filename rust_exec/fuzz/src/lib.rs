//! Mutation of known inputs, for the tests of everything that reads a stranger's bytes.
//!
//! ```
//! # let corpus = vec![b"{\"a\": 1}".to_vec()];
//! let tried = remotemedia_fuzz::fuzz("numbers", &corpus, &[b"null"], |input| {
//!     // reads the input, and asserts what holds of whatever it accepts
//!     let _ = std::str::from_utf8(input);
//! });
//! assert!(tried > 100);
//! ```
//!
//! A target fails by a panic, by more than [`SLOW`] for one input, or by asking for more memory than [`MEMORY`]; the input is
//! then kept in a file that the message names. A target takes a second, the same inputs each time; with
//! `REMOTEMEDIA_FUZZ_SECONDS` it takes that long, over new ones.
//!
//! # Layout
//!
//! - `mutate`: what is done to an input
//! - `chance`: random numbers from a seed

mod chance;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::chance::Chance;

/// Longest that one input may take.
pub const SLOW: Duration = Duration::from_secs(2);
/// Private memory of the whole process, in bytes; who asks for more is aborted.
pub const MEMORY: u64 = 2 << 30;
/// How long a target takes unless told otherwise.
const BRIEF: Duration = Duration::from_secs(1);
/// Most changes to one input.
const CHANGES: u64 = 6;

/// Give a target every input of a corpus, then inputs made from them until its time is over.
///
/// `tokens` are words of the input's language, put in at random. Returns how many inputs were tried.
///
/// # Panics
///
/// As the target does; if it is too slow; if the corpus is empty.
pub fn fuzz(name: &str, corpus: &[Vec<u8>], tokens: &[&[u8]], target: impl Fn(&[u8])) -> u64 {
    assert!(!corpus.is_empty(), "{name}: expected inputs to begin with, got none");
    bound_memory();
    let seconds =
        std::env::var("REMOTEMEDIA_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok()).map(Duration::from_secs);
    let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |it| it.subsec_nanos().into());
    let mut chance = Chance::new(if seconds.is_some() { fresh() } else { 1 });
    let started = Instant::now();
    for input in corpus {
        attempt(name, input, &target);
    }
    let mut tried = corpus.len() as u64;
    while started.elapsed() < seconds.unwrap_or(BRIEF) {
        let mut input = chance.pick(corpus).clone();
        for _ in 0..=chance.below(CHANGES) {
            mutate::change(&mut input, corpus, tokens, &mut chance);
        }
        attempt(name, &input, &target);
        tried += 1;
    }
    tried
}

fn attempt(name: &str, input: &[u8], target: &impl Fn(&[u8])) {
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| target(input)));
    let took = started.elapsed();
    if let Err(panic) = outcome {
        let kept = keep(name, input);
        let what = panic.downcast_ref::<String>().cloned();
        let what = what.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        match what {
            Some(what) => panic!("{name}: {what} (the input is in `{}`)", kept.display()),
            None => resume_unwind(panic),
        }
    }
    assert!(
        took < SLOW,
        "{name}: expected an answer within {SLOW:?}, got it after {took:?} (the input is in `{}`)",
        keep(name, input).display()
    );
}

/// Where an input is that failed.
fn keep(name: &str, input: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("remotemedia-fuzz-{name}-{}", std::process::id()));
    // Whoever sees the panic can make the input again from its seed.
    let _ = std::fs::write(&path, input);
    path
}

fn bound_memory() {
    let limit = getrlimit(Resource::Data);
    if limit.current.is_none_or(|it| it > MEMORY) {
        // Without the bound the target is only judged less strictly.
        let _ = setrlimit(Resource::Data, Rlimit { current: Some(MEMORY), maximum: limit.maximum });
    }
}
