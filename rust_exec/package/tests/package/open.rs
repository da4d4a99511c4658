//! Packages in a directory and in a tar: what is read, and what is refused.

use std::fs;

use crate::support::{ARRAY, Draft, MODEL, MODULE, SOURCE, WEIGHTS};
use remotemedia_manifest::RuntimeKind;
use remotemedia_package::{Digest, Package, PackageError};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Write a draft as a directory and as a tar, and open both: they must agree.
fn open(draft: &Draft) -> Result<Package, PackageError> {
    let written = draft.written();
    let folder = TempDir::new().expect("a folder");
    let (directory, archive) = (folder.path().join("layout"), folder.path().join("x.rmpkg"));
    written.directory(&directory);
    written.archive(&archive, |_| {});
    let from_directory = Package::open(&directory, &written.digest);
    let from_archive = Package::open(&archive, &written.digest);
    assert_eq!(from_directory.as_ref().err(), from_archive.as_ref().err());
    from_archive
}

fn code(draft: &Draft) -> &'static str {
    open(draft).expect_err("a refusal").code
}

#[test]
fn everything_is_read() {
    let package = open(&Draft::new()).expect("a package");
    assert_eq!(package.manifest().metadata.name, "sample");
    assert_eq!(package.config().runtimes, [RuntimeKind::Onnx, RuntimeKind::PythonWasm]);
    assert!(package.warnings().is_empty());
    let titles: Vec<_> = package.titles().collect();
    assert_eq!(
        titles,
        [
            "manifest.json",
            "meta/runtime.json",
            "models/vad.onnx",
            "modules/files/data/words.txt",
            "modules/sample.pynode"
        ]
    );
    assert_eq!(package.read("models/vad.onnx").as_deref(), Ok(MODEL));
    assert_eq!(package.file("vad.onnx", true).as_deref(), Ok(MODEL));
    assert_eq!(package.file("data/words.txt", false).as_deref(), Ok(&b"one two"[..]));
    assert_eq!(package.file("vad.onnx", false).expect_err("no such file").code, "RM306");
    let pynodes = package.pynodes().expect("sources");
    assert_eq!(pynodes[0].sources, [("pipeline.py".to_owned(), SOURCE.to_owned())]);
    assert_eq!(pynodes[0].info.missing, ["numpy"]);
}

#[test]
fn arrays_are_named_by_their_digest() {
    let content = b"not really an array";
    let path = format!("data/{}.npy", Digest::of(content).hex());
    let mut draft = Draft::new();
    draft.manifest["nodes"][1]["params"]["taps"] = json!({"$ref": path});
    assert_eq!(code(&draft), "RM306");
    draft.files.push((path.clone(), ARRAY, content.to_vec()));
    assert_eq!(open(&draft).expect("a package").read(&path).as_deref(), Ok(&content[..]));
    if let Some(file) = draft.files.last_mut() {
        file.2 = b"another array".to_vec();
    }
    assert_eq!(code(&draft), "RM303");
    draft.files.pop();
    draft.files.push(("data/taps.npy".to_owned(), ARRAY, Vec::new()));
    assert_eq!(code(&draft), "RM301");
}

#[test]
fn names_may_be_long_and_contents_equal_or_empty() {
    let mut draft = Draft::new();
    let deep = format!("modules/files/{}/größe 1.txt", "x".repeat(150));
    for (path, content) in
        [(deep.as_str(), &b"one two"[..]), ("modules/files/empty", b""), ("modules/files/also empty", b"")]
    {
        draft.files.push((path.to_owned(), MODULE, content.to_vec()));
    }
    let package = open(&draft).expect("a package");
    assert_eq!(package.read(&deep).as_deref(), Ok(&b"one two"[..]));
    assert_eq!(package.read("modules/files/empty").as_deref(), Ok(&b""[..]));
}

/// GIVEN a .rmpkg file, WHEN the runtime attempts to load it, THEN it SHALL validate presence of manifest.json and reject
/// invalid packages.
#[test]
fn scenario_package_structure_validation() {
    let mut draft = Draft::new();
    draft.alter = |image| drop(image["layers"].as_array_mut().expect("layers").remove(0));
    let error = open(&draft).expect_err("a refusal");
    assert_eq!(error.code, "RM301");
    assert!(error.message.contains("`manifest.json`"), "{error}");

    let folder = TempDir::new().expect("a folder");
    let digest = Draft::new().written().digest;
    for (name, content) in
        [("empty", &b""[..]), ("text", b"not a package, but longer than a header".as_slice()), ("zeros", &[0; 2048])]
    {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("a file");
        assert_eq!(Package::open(&path, &digest).expect_err(name).code, "RM301", "{name}");
    }
    assert_eq!(Package::open(&folder.path().join("absent"), &digest).expect_err("absent").code, "RM301");
    assert_eq!(Package::open(folder.path(), &digest).expect_err("an empty folder").code, "RM301");
}

#[test]
fn another_digest_is_not_there() {
    let written = Draft::new().written();
    let folder = TempDir::new().expect("a folder");
    written.directory(folder.path());
    for digest in
        [format!("sha256:{}", "0".repeat(64)), String::new(), "sha256:0".into(), written.digest.to_uppercase()]
    {
        assert_eq!(Package::open(folder.path(), &digest).expect_err("a refusal").code, "RM301", "{digest}");
    }
}

/// Every byte of a package that is read counts: GIVEN a package, WHEN a blob of it was altered, THEN it is rejected.
#[test]
fn altered_bytes_are_refused_by_name() {
    let written = Draft::new().written();
    let names = |hex: &str| written.links.iter().find(|(_, target)| target == hex).map(|(name, _)| name.clone());
    let alterations: [fn(&mut Vec<u8>); 3] =
        [|bytes| bytes[0] ^= 1, |bytes| bytes.push(0), |bytes| bytes.truncate(bytes.len() - 1)];
    for alter in alterations {
        for (hex, content) in &written.blobs {
            let folder = TempDir::new().expect("a folder");
            written.directory(folder.path());
            let mut altered = content.clone();
            alter(&mut altered);
            fs::write(folder.path().join("blobs/sha256").join(hex), altered).expect("a blob");
            let error = match Package::open(folder.path(), &written.digest) {
                Err(error) => error,
                Ok(package) => package.read(&names(hex).expect("a layer")).expect_err("an altered layer"),
            };
            assert_eq!(error.code, "RM302", "{error}");
            assert!(error.message.contains(hex), "{error}");
            if let Some(name) = names(hex) {
                assert!(error.message.contains(&format!("`{name}`")), "{error}");
            }
        }
    }
}

#[test]
fn missing_blobs_are_not_there() {
    let written = Draft::new().written();
    for (hex, _) in &written.blobs {
        let folder = TempDir::new().expect("a folder");
        written.directory(folder.path());
        fs::remove_file(folder.path().join("blobs/sha256").join(hex)).expect("a blob");
        let opened = Package::open(folder.path(), &written.digest);
        let refused = opened.and_then(|package| package.titles().try_for_each(|title| package.read(title).map(|_| ())));
        assert_eq!(refused.expect_err("a missing blob").code, "RM301");
    }
}

#[test]
fn a_size_that_lies_is_refused() {
    for (alter, title) in [
        ((|image| image["layers"][4]["size"] = json!(5)) as fn(&mut Value), "models/vad.onnx"),
        (|image| image["layers"][4]["size"] = json!(1_u64 << 60), "models/vad.onnx"),
    ] {
        let mut draft = Draft::new();
        draft.alter = alter;
        assert_eq!(open(&draft).expect("a package").read(title).expect_err("a lie").code, "RM302");
    }
    let mut draft = Draft::new();
    draft.alter = |image| image["config"]["size"] = json!(1_u64 << 60);
    assert_eq!(code(&draft), "RM301");
}

#[test]
fn other_artifacts_are_not_packages() {
    let alterations: [fn(&mut Value); 13] = [
        |image| image["schemaVersion"] = json!(1),
        |image| image["mediaType"] = json!("application/vnd.oci.image.index.v1+json"),
        |image| image["artifactType"] = json!("application/vnd.cncf.model.manifest.v1+json"),
        |image| drop(image.as_object_mut().expect("an object").remove("artifactType")),
        |image| image["config"]["mediaType"] = json!("application/vnd.oci.empty.v1+json"),
        |image| image["config"]["digest"] = json!("sha256:../../etc/passwd"),
        |image| image["config"]["digest"] = json!("sha512:00"),
        |image| image["layers"] = json!({}),
        |image| image["layers"][1]["size"] = json!(-1),
        |image| image["layers"][1]["size"] = json!("5"),
        |image| image["layers"][1]["mediaType"] = json!("application/octet-stream"),
        |image| drop(image["layers"][1].as_object_mut().expect("an object").remove("annotations")),
        |image| image["layers"][1]["annotations"] = json!({"org.opencontainers.image.title": "README.md"}),
    ];
    for (number, alter) in alterations.into_iter().enumerate() {
        let mut draft = Draft::new();
        draft.alter = alter;
        assert_eq!(code(&draft), "RM301", "alteration {number}");
    }
}

#[test]
fn paths_of_layers_are_safe_and_unique() {
    for path in [
        "models/../../x",
        "/etc/passwd",
        "models//x",
        "modules/files/data/words.txt",
        "models/a\\b",
        "models/",
        "models/\u{0}",
    ] {
        let mut draft = Draft::new();
        draft.files.push((path.to_owned(), WEIGHTS, b"x".to_vec()));
        if path.starts_with("modules") {
            draft.files.last_mut().expect("a file").1 = MODULE;
        }
        // Such names cannot be written to a tar by a library that minds them.
        let written = draft.written();
        let folder = TempDir::new().expect("a folder");
        written.directory(folder.path());
        assert_eq!(Package::open(folder.path(), &written.digest).expect_err(path).code, "RM304", "{path}");
    }
}

#[test]
fn a_configuration_follows_from_the_manifest() {
    let alterations: [fn(&mut Value); 9] = [
        |config| config["name"] = json!("other"),
        |config| config["requires"] = json!(["teleport"]),
        |config| config["grants"] = json!([]),
        |config| config["runtimes"] = json!(["onnx"]),
        |config| config["runtimes"] = json!(["onnx", "python-wasm", "native"]),
        |config| config["nodes"][1]["id"] = json!("other"),
        |config| config["nodes"][1]["node_type"] = json!("Other"),
        |config| config["nodes"].as_array_mut().expect("nodes").swap(0, 1),
        |config| drop(config["nodes"].as_array_mut().expect("nodes").pop()),
    ];
    for (number, alter) in alterations.into_iter().enumerate() {
        let mut draft = Draft::new();
        alter(&mut draft.config);
        assert_eq!(code(&draft), "RM303", "alteration {number}");
    }
    let mut draft = Draft::new();
    draft.manifest["nodes"][1]["runtime"] = json!("python");
    assert_eq!(code(&draft), "RM303");
    let mut draft = Draft::new();
    draft.config["grants"] = json!(["python", "read=data"]);
    assert!(open(&draft).is_ok());
}

#[test]
fn malformed_configurations_are_refused() {
    let alterations: [fn(&mut Value); 4] = [
        |config| config["schemaVersion"] = json!(2),
        |config| config["extra"] = json!(1),
        |config| config["nodes"][0]["runtime"] = json!("gpu"),
        |config| *config = json!([]),
    ];
    for (number, alter) in alterations.into_iter().enumerate() {
        let mut draft = Draft::new();
        alter(&mut draft.config);
        assert_eq!(code(&draft), "RM301", "alteration {number}");
    }
}

#[test]
fn a_manifest_is_judged_as_everywhere() {
    let mut draft = Draft::new();
    draft.manifest["version"] = json!("2.0");
    assert_eq!(code(&draft), "RM206");
}

#[test]
fn files_that_the_manifest_names_are_there() {
    for missing in ["models/vad.onnx", "modules/files/data/words.txt"] {
        let mut draft = Draft::new();
        draft.files.retain(|(path, _, _)| path != missing);
        let error = open(&draft).expect_err("a refusal");
        assert_eq!(error.code, "RM306");
        assert!(error.message.contains(missing), "{error}");
    }
}

#[test]
fn a_layout_of_another_version_is_refused() {
    let written = Draft::new().written();
    let folder = TempDir::new().expect("a folder");
    written.directory(folder.path());
    for marker in ["", "{}", r#"{"imageLayoutVersion":"2.0.0"}"#] {
        fs::write(folder.path().join("oci-layout"), marker).expect("a file");
        assert_eq!(Package::open(folder.path(), &written.digest).expect_err(marker).code, "RM301");
    }
}

#[test]
fn a_package_may_be_read_by_several_threads() {
    let package = open(&Draft::new()).expect("a package");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(package.read("models/vad.onnx").as_deref(), Ok(MODEL)));
        }
    });
    fn shared(_: &(impl Send + Sync)) {}
    shared(&package);
}
