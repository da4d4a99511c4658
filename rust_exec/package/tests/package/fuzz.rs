//! Changed packages: nothing panics, takes long or takes much memory, whatever is changed.

use std::fs;

use remotemedia_fuzz::fuzz;
use remotemedia_package::{Digest, Package};
use tempfile::TempDir;

use crate::support::{Draft, INFO, SOURCE, pynode};

const BLOCK: usize = 512;

/// Read all there is.
fn read(path: &std::path::Path, digest: &str) {
    let Ok(package) = Package::open(path, digest) else { return };
    // That the digests of files do not match is what is mostly told here.
    let _ = package.check();
    let _ = package.pynodes();
    for title in package.titles() {
        let _ = package.read(title);
    }
}

/// Give every block that may be a header the checksum it needs to be believed.
fn believable(archive: &mut [u8]) {
    for block in archive.chunks_exact_mut(BLOCK).filter(|it| it[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&it| u32::from(it)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

#[test]
fn changed_archives() {
    let written = Draft::new().written();
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("x.rmpkg");
    written.archive(&path, |_| ());
    let corpus = [fs::read(&path).expect("the archive")];
    let tokens: [&[u8]; 5] = [b"../", b"ustar\x0000", b"30 size=99999999999\n", b"77777777777", b"L"];
    let tried = fuzz("package-archive", &corpus, &tokens, |input| {
        let mut archive = input.to_vec();
        believable(&mut archive);
        fs::write(&path, &archive).expect("a file");
        read(&path, &written.digest);
    });
    assert!(tried > 100);
}

#[test]
fn changed_documents() {
    let written = Draft::new().written();
    let folder = TempDir::new().expect("a folder");
    written.directory(folder.path());
    let corpus = [written.blobs[0].1.clone()];
    let tokens: [&[u8]; 4] = [b"\"annotations\":{}", b"\"size\":18446744073709551615", b"\"layers\":[]", b"null"];
    let tried = fuzz("package-document", &corpus, &tokens, |input| {
        let digest = Digest::of(input);
        let path = folder.path().join("blobs/sha256").join(digest.hex());
        fs::write(&path, input).expect("a blob");
        read(folder.path(), &digest.to_string());
        fs::remove_file(&path).expect("the blob");
    });
    assert!(tried > 100);
}

#[test]
fn changed_sources() {
    let corpus = [pynode(&[("pipeline.py", SOURCE), ("pynode.json", INFO)]), pynode(&[("a", ""), ("b/c.py", SOURCE)])];
    let folder = TempDir::new().expect("a folder");
    let tokens: [&[u8]; 4] = [b"PK\x01\x02", b"PK\x05\x06", b"\xff\xff\xff\xff", b"../"];
    let tried = fuzz("package-sources", &corpus, &tokens, |input| {
        let mut draft = Draft::new();
        draft.files[0].2 = input.to_vec();
        let written = draft.written();
        written.directory(folder.path());
        read(folder.path(), &written.digest);
        fs::remove_dir_all(folder.path().join("blobs")).expect("the blobs");
    });
    assert!(tried > 50);
}
