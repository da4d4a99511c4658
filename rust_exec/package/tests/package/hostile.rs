//! Archives that could do harm, one defect each.

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use crate::support::{Draft, INFO, SOURCE, append, pynode};
use remotemedia_package::{Package, PackageError};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

fn written(alter: impl FnOnce(&mut Builder<File>)) -> (TempDir, PathBuf, String) {
    let written = Draft::new().written();
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("x.rmpkg");
    written.archive(&path, alter);
    (folder, path, written.digest)
}

fn open(alter: impl FnOnce(&mut Builder<File>)) -> Result<Package, PackageError> {
    let (_folder, path, digest) = written(alter);
    Package::open(&path, &digest)
}

fn header(name: &[u8], kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

fn raw(tar: &mut Builder<File>, name: &[u8], kind: EntryType, data: &[u8]) {
    tar.append(&header(name, kind, data.len() as u64), data).expect("an entry");
}

fn link(tar: &mut Builder<File>, kind: EntryType, name: &[u8], target: &[u8]) {
    let mut header = header(name, kind, 0);
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target);
    header.set_cksum();
    tar.append(&header, &b""[..]).expect("a link");
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "", "./../x", "a\\b", "a\u{1}", "a/"] {
        let error = open(|tar| raw(tar, name.as_bytes(), EntryType::Regular, b"x")).expect_err(name);
        assert_eq!(error.code, "RM304", "{name}");
    }
    assert_eq!(open(|tar| raw(tar, b"a\xff", EntryType::Regular, b"")).expect_err("no UTF-8").code, "RM304");
    assert_eq!(open(|tar| raw(tar, b"../x/", EntryType::Directory, b"")).expect_err("a directory").code, "RM304");
}

#[test]
fn names_of_whole_trees_are_taken() {
    let opened = open(|tar| {
        raw(tar, b"./", EntryType::Directory, b"");
        raw(tar, b"./notes/", EntryType::Directory, b"");
        raw(tar, b"./notes/a.txt", EntryType::Regular, b"x");
    });
    assert!(opened.is_ok(), "{opened:?}");
}

#[test]
fn names_stand_once() {
    for name in ["oci-layout", "./oci-layout", "manifest.json"] {
        let error = open(|tar| raw(tar, name.as_bytes(), EntryType::Regular, b"x")).expect_err(name);
        assert_eq!(error.code, "RM304", "{name}");
        assert!(error.message.contains("twice"), "{error}");
    }
}

#[test]
fn only_files_directories_and_hard_links_are_taken() {
    for kind in [
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::Continuous,
        EntryType::XGlobalHeader,
        EntryType::GNUSparse,
        EntryType::new(b'V'),
    ] {
        assert_eq!(open(|tar| raw(tar, b"x", kind, b"")).expect_err("a refusal").code, "RM304", "{kind:?}");
    }
    let error = open(|tar| link(tar, EntryType::Symlink, b"x", b"oci-layout")).expect_err("a refusal");
    assert_eq!(error.code, "RM304");
    assert!(error.message.contains("symbolic"), "{error}");
}

#[test]
fn hard_links_lead_to_earlier_files() {
    for target in [&b"nowhere"[..], b"/etc/passwd", b"../oci-layout", b"", b"x"] {
        let error = open(|tar| link(tar, EntryType::Link, b"x", target)).expect_err("a refusal");
        assert_eq!(error.code, "RM304", "{target:?}");
    }
    assert!(open(|tar| link(tar, EntryType::Link, b"x", b"manifest.json")).is_ok());
}

#[test]
fn sizes_are_inside_the_file() {
    for size in [1 << 30, (1 << 33) - 1] {
        let error = open(|tar| {
            tar.append(&header(b"x", EntryType::Regular, size), &b"x"[..]).expect("an entry");
        });
        assert_eq!(error.expect_err("a refusal").code, "RM304", "{size}");
    }
    let mut largest = header(b"x", EntryType::Regular, 0);
    largest.as_old_mut().size = [0xff; 12];
    largest.as_old_mut().size[0] = 0x80;
    largest.set_cksum();
    assert!(open(|tar| tar.append(&largest, &b""[..]).expect("an entry")).is_err());
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut data = String::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while length != rest + length.to_string().len() {
            length = rest + length.to_string().len();
        }
        data.push_str(&format!("{length} {key}={value}\n"));
    }
    data.into_bytes()
}

#[test]
fn extended_headers_are_bounded_and_count_once() {
    let extended = |records: Vec<u8>| {
        open(move |tar| {
            raw(tar, b"pax", EntryType::XHeader, &records);
            raw(tar, b"x", EntryType::Regular, b"x");
        })
    };
    assert!(extended(pax(&[("path", "notes/größe"), ("mtime", "1.5")])).is_ok());
    for (records, why) in [
        (pax(&[("path", "../x")]), "relative names"),
        (pax(&[("path", "oci-layout")]), "twice"),
        (pax(&[("path", "a"), ("path", "b")]), "got two"),
        (pax(&[("size", "-1")]), "well-formed"),
        (pax(&[("size", "9223372036854775807")]), "an entry inside"),
        (pax(&[("GNU.sparse.major", "1")]), "a sparse file"),
        (pax(&[("comment", &"x".repeat(70_000))]), "at most 65536 bytes"),
        (b"not a record".to_vec(), "well-formed"),
    ] {
        let error = extended(records).expect_err(why);
        assert_eq!(error.code, "RM304", "{error}");
        assert!(error.message.contains(why), "{error}");
    }
    let twice = open(|tar| {
        raw(tar, b"././@LongLink", EntryType::GNULongName, b"a\0");
        raw(tar, b"././@LongLink", EntryType::GNULongName, b"b\0");
        raw(tar, b"x", EntryType::Regular, b"");
    });
    assert_eq!(twice.expect_err("a refusal").code, "RM304");
}

#[test]
fn the_size_of_an_extended_header_counts() {
    // A reader that missed it would take the content for a header.
    let mut inner = Vec::from(header(b"oci-layout", EntryType::Regular, 0).as_bytes().as_slice());
    inner.extend([b'x'; 100]);
    let opened = open(|tar| {
        raw(tar, b"pax", EntryType::XHeader, &pax(&[("size", &inner.len().to_string())]));
        let mut claims = header(b"x", EntryType::Regular, 0);
        claims.set_cksum();
        tar.append(&claims, &inner[..]).expect("an entry");
    });
    assert!(opened.is_ok(), "{opened:?}");
}

#[test]
fn entries_are_bounded() {
    let many = open(|tar| {
        for number in 0..70_000 {
            raw(tar, format!("x{number}").as_bytes(), EntryType::Regular, b"");
        }
    });
    assert_eq!(many.expect_err("a refusal").code, "RM304");
}

#[test]
fn headers_have_their_checksum() {
    let (_folder, path, digest) = written(|_| {});
    let intact = fs::read(&path).expect("a file");
    for at in [0, 100, 124, 150, 156, 345] {
        let mut bytes = intact.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).expect("a file");
        assert_eq!(Package::open(&path, &digest).expect_err("a refusal").code, "RM301", "byte {at}");
    }
}

/// However an archive was cut or altered, what is read of it is what its digests say.
#[test]
fn cut_and_altered_archives_give_nothing_else() {
    let (_folder, path, digest) = written(|_| {});
    let content = |package: &Package| -> Vec<_> {
        package.titles().map(|title| (title.to_owned(), package.read(title))).collect()
    };
    let original = content(&Package::open(&path, &digest).expect("a package"));
    let intact = fs::read(&path).expect("a file");
    let mut opened = 0;
    for at in (0..intact.len()).step_by(61) {
        let mut altered = intact.clone();
        altered[at] = altered[at].wrapping_add(0x55);
        for bytes in [&altered, &intact[..at]] {
            fs::write(&path, bytes).expect("a file");
            let Ok(package) = Package::open(&path, &digest) else {
                continue;
            };
            opened += 1;
            for ((title, read), (expected_title, expected)) in content(&package).into_iter().zip(&original) {
                assert_eq!(title, *expected_title);
                assert!(read.is_err() || read == *expected, "{title} at {at}");
            }
        }
    }
    assert!(opened > 0, "no alteration was in a place that is only read later");
}

fn sources(archive: Vec<u8>) -> Result<(), PackageError> {
    let mut draft = Draft::new();
    draft.files[0].2 = archive;
    let written = draft.written();
    let folder = TempDir::new().expect("a folder");
    written.directory(folder.path());
    Package::open(folder.path(), &written.digest).expect("a package").pynodes().map(|_| ())
}

#[test]
fn sources_are_plain_stored_text() {
    assert_eq!(sources(pynode(&[("pipeline.py", SOURCE), ("pynode.json", INFO)])), Ok(()));
    let mut linked = zip::ZipWriter::new(Cursor::new(Vec::new()));
    linked.add_symlink("pipeline.py", "/etc/passwd", SimpleFileOptions::default()).expect("an entry");
    let mut corrupt = pynode(&[("pipeline.py", SOURCE), ("pynode.json", INFO)]);
    let at = corrupt.windows(5).position(|window| window == b"class").expect("the source");
    corrupt[at] = b'k';
    let mut twice = pynode(&[("a", SOURCE), ("b", SOURCE), ("pynode.json", INFO)]);
    for at in 0..twice.len() - 1 {
        // The names of `b` in its local and central header.
        if twice[at] == b'b' && (twice[at + 1..].starts_with(b"class") || twice[at + 1..].starts_with(b"PK")) {
            twice[at] = b'a';
        }
    }
    for (why, archive) in [
        ("a zip that can be read", b"not a zip".to_vec()),
        ("a zip that can be read", Vec::new()),
        ("relative paths", pynode(&[("../x.py", SOURCE), ("pynode.json", INFO)])),
        ("relative paths", pynode(&[("/x.py", SOURCE), ("pynode.json", INFO)])),
        ("relative paths", pynode(&[("x/", ""), ("pynode.json", INFO)])),
        ("plain stored files", linked.finish().expect("a zip").into_inner()),
        ("checksum", corrupt),
        ("every name once", twice),
        ("a zip that can be read", pynode(&[("pipeline.py", SOURCE), ("pynode.json", INFO)])[..60].to_vec()),
    ] {
        let error = sources(archive).expect_err(why);
        assert_eq!(error.code, "RM304", "{error}");
        assert!(error.message.contains(why), "{error}, not {why}");
    }
}

#[test]
fn compressed_and_binary_sources_are_refused() {
    let mut binary = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    binary.start_file("pipeline.py", stored).expect("an entry");
    binary.write_all(b"\xff\xfe").expect("its content");
    assert_eq!(sources(binary.finish().expect("a zip").into_inner()).expect_err("no text").code, "RM304");
    // Method 8, deflate, written over method 0 in the local and the central header.
    let mut deflated = pynode(&[("pipeline.py", SOURCE), ("pynode.json", INFO)]);
    let central = deflated.windows(4).position(|window| window == b"PK\x01\x02").expect("a central header");
    deflated[8] = 8;
    deflated[central + 10] = 8;
    let error = sources(deflated).expect_err("compressed");
    assert_eq!(error.code, "RM304");
    assert!(error.message.to_lowercase().contains("compress") || error.message.contains("stored"), "{error}");
}

#[test]
fn sources_say_what_they_are() {
    for (what, files) in [
        ("no pynode.json", &[("pipeline.py", SOURCE)][..]),
        ("another version", &[("pynode.json", &INFO.replace("\"version\":1", "\"version\":2"))]),
        ("no JSON", &[("pynode.json", "x")]),
        ("a class that is not there", &[("pynode.json", &INFO.replace("pipeline:Own", "pipeline:Other"))]),
    ] {
        assert_eq!(sources(pynode(files)).expect_err(what).code, "RM303", "{what}");
    }
    let large = "#".repeat(17 << 20);
    assert_eq!(
        sources(pynode(&[("pipeline.py", &large), ("pynode.json", INFO)])).expect_err("too large").code,
        "RM304"
    );
}

#[test]
fn files_beside_the_layout_change_nothing() {
    let plain = |tar: &mut Builder<File>| append(tar, "index.json", b"{\"manifests\":[]}");
    assert!(open(plain).is_ok());
}

#[test]
fn a_fifo_in_the_place_of_a_file_is_refused_at_once() {
    let written = Draft::new().written();
    let fifo = |path: &Path| {
        if path.exists() {
            std::fs::remove_file(path).expect("a file");
        }
        mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO");
    };
    for (hex, _) in &written.blobs {
        let folder = TempDir::new().expect("a folder");
        written.directory(folder.path());
        fifo(&folder.path().join("blobs/sha256").join(hex));
        let opened = Package::open(folder.path(), &written.digest);
        let refused = opened.and_then(|package| package.titles().try_for_each(|title| package.read(title).map(|_| ())));
        let error = refused.expect_err("a FIFO");
        assert_eq!((error.code, error.message.ends_with("it is no file")), ("RM301", true), "{error}");
    }
    let folder = TempDir::new().expect("a folder");
    let archive = folder.path().join("x.rmpkg");
    fifo(&archive);
    assert_eq!(Package::open(&archive, &written.digest).expect_err("a FIFO").code, "RM301");
    assert_eq!(Package::open(Path::new("/dev/zero"), &written.digest).expect_err("a device").code, "RM301");
}
