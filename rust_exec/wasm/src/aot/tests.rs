//! Where the runner's machine code comes from, and what is not believed.

#![allow(clippy::unwrap_used, reason = "a failing test says where")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::aot::{self, precompile};
use crate::cache::file_name;
use crate::engine::engine;

/// The least component there is: the layer's magic number and version.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// The directory of a runner without machine code.
fn bare(place: &Path) -> PathBuf {
    let dir = place.join("runner");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("python-runner.wasm"), COMPONENT).unwrap();
    fs::write(dir.join("python-runner.sha256"), "its hash\n").unwrap();
    dir
}

/// Load, and give the reason if it was compiled for.
fn load(dir: &Path, cache: &Path) -> Option<String> {
    let mut told = None;
    aot::load(&engine().unwrap(), dir, cache, &mut |reason| told = Some(reason.to_owned())).unwrap();
    told
}

#[test]
fn code_is_compiled_once_kept_and_believed_only_with_its_mac() {
    let place = tempfile::tempdir().unwrap();
    let (dir, cache) = (bare(place.path()), place.path().join("cache"));
    let reason = load(&dir, &cache).expect("nothing is there yet");
    assert!(reason.contains("python-runner.cwasm"), "{reason}");
    assert_eq!(load(&dir, &cache), None);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let aot = cache.join("aot");
    assert_eq!((mode(&aot), mode(&aot.join("key"))), (0o700, 0o600));

    let kept = fs::read_dir(&aot).unwrap().map(|it| it.unwrap().path()).find(|it| it.extension().is_some()).unwrap();
    let good = fs::read(&kept).unwrap();
    let mut forged = good.clone();
    let last = forged.len() / 2;
    forged[last] ^= 1;
    for bad in [&forged[..], &good[..good.len() - 1], &good[..10], b""] {
        fs::write(&kept, bad).unwrap();
        assert!(load(&dir, &cache).is_some(), "{} bytes were believed", bad.len());
    }
    assert_eq!(load(&dir, &cache), None, "what was bad is replaced");

    // Others could write here: it is neither read nor written.
    fs::set_permissions(&aot, Permissions::from_mode(0o777)).unwrap();
    assert!(load(&dir, &cache).is_some());
    fs::set_permissions(&aot, Permissions::from_mode(0o700)).unwrap();
    fs::rename(&aot, cache.join("elsewhere")).unwrap();
    symlink(cache.join("elsewhere"), &aot).unwrap();
    assert!(load(&dir, &cache).is_some());
}

#[test]
fn shipped_code_is_mapped_if_it_is_of_this_runner_and_this_wasmtime() {
    let place = tempfile::tempdir().unwrap();
    let (dir, cache) = (bare(place.path()), place.path().join("cache"));
    precompile(&dir.join("python-runner.wasm"), &dir).unwrap();
    assert_eq!(load(&dir, &cache), None);
    assert!(!cache.exists(), "the cache is not needed");

    let code = fs::read(dir.join("python-runner.cwasm")).unwrap();
    fs::write(dir.join("python-runner.cwasm"), &code[..code.len() / 2]).unwrap();
    assert!(load(&dir, &cache).is_some_and(|it| it.contains("python-runner.cwasm")));
    fs::write(dir.join("python-runner.cwasm"), code).unwrap();
    fs::write(dir.join("python-runner.cwasm.sha256"), "another\n").unwrap();
    // By now the cache has it.
    assert_eq!(load(&dir, &cache), None);
}

#[test]
fn another_users_key_is_not_used() {
    let place = tempfile::tempdir().unwrap();
    let (dir, cache) = (bare(place.path()), place.path().join("cache"));
    load(&dir, &cache);
    fs::set_permissions(cache.join("aot/key"), Permissions::from_mode(0o644)).unwrap();
    assert!(load(&dir, &cache).is_some(), "a key that others read vouches for nothing");
    fs::set_permissions(cache.join("aot/key"), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(load(&dir, &cache), None);
    fs::rename(cache.join("aot/key"), cache.join("key")).unwrap();
    symlink(cache.join("key"), cache.join("aot/key")).unwrap();
    assert!(load(&dir, &cache).is_some(), "a link is not followed");
}

#[test]
fn code_for_another_configuration_has_another_name() {
    let other = wasmtime::Engine::new(&wasmtime::Config::new()).unwrap();
    let ours = engine().unwrap();
    assert_ne!(file_name(&ours, COMPONENT), aot::file_name(&other, COMPONENT));
    assert_eq!(file_name(&ours, COMPONENT), aot::file_name(&engine().unwrap(), COMPONENT));
}

#[test]
fn a_missing_or_broken_runner_is_told_with_its_place() {
    let place = tempfile::tempdir().unwrap();
    let load = |dir: &Path| aot::load(&engine().unwrap(), dir, place.path(), &mut |_| {}).err().unwrap();
    let error = load(&place.path().join("nowhere"));
    assert_eq!(error.code, "RM614");
    assert!(error.message.contains("nowhere/python-runner.wasm"), "{}", error.message);
    fs::write(place.path().join("python-runner.wasm"), b"\0asm no").unwrap();
    assert_eq!(load(place.path()).code, "RM614");
}
