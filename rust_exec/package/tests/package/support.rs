//! Small packages, as the packager lays them out.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use remotemedia_package::Digest;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub(crate) const MODEL: &[u8] = b"not really a model";
pub(crate) const SOURCE: &str = "class Own:\n    pass\n";

/// A package to be: change what the test is about, then write it.
pub(crate) struct Draft {
    pub(crate) manifest: Value,
    pub(crate) config: Value,
    /// Path in the package, media type, content; `manifest.json` is put before them.
    pub(crate) files: Vec<(String, &'static str, Vec<u8>)>,
    /// Changes the finished OCI manifest.
    pub(crate) alter: fn(&mut Value),
}

/// The blobs of a written package, by digest, the OCI manifest first.
pub(crate) struct Written {
    pub(crate) digest: String,
    pub(crate) blobs: Vec<(String, Vec<u8>)>,
    /// Path in the package and digest of its blob.
    pub(crate) links: Vec<(String, String)>,
}

pub(crate) const MODULE: &str = "application/vnd.remotemedia.package.module.v1.raw";
pub(crate) const WEIGHTS: &str = "application/vnd.remotemedia.package.model.v1.raw";
pub(crate) const ARRAY: &str = "application/vnd.remotemedia.package.data.v1.raw";
pub(crate) const META: &str = "application/vnd.remotemedia.package.meta.v1+json";

impl Draft {
    pub(crate) fn new() -> Self {
        Self {
            manifest: json!({
                "version": "v1",
                "metadata": {"name": "sample"},
                "nodes": [
                    {"id": "onnx", "node_type": "OnnxNode", "params": {"model": {"$file": "vad.onnx"}}},
                    {"id": "own", "node_type": "Own", "entry": "pipeline:Own", "grants": ["read=data"],
                     "params": {"words": {"$file": "data/words.txt"}}},
                ],
                "connections": [{"from": "onnx", "to": "own"}],
            }),
            config: json!({
                "schemaVersion": 1, "name": "sample", "version": "0.0.0", "runtimes": ["onnx", "python-wasm"],
                "grants": ["read=data"], "requires": [],
                "nodes": [
                    {"id": "onnx", "node_type": "OnnxNode", "runtime": "onnx"},
                    {"id": "own", "node_type": "Own", "runtime": "python-wasm"},
                ],
            }),
            files: vec![
                ("modules/sample.pynode".into(), MODULE, pynode(&[("pipeline.py", SOURCE), ("pynode.json", INFO)])),
                ("modules/files/data/words.txt".into(), MODULE, b"one two".to_vec()),
                ("meta/runtime.json".into(), META, b"{}".to_vec()),
                ("models/vad.onnx".into(), WEIGHTS, MODEL.to_vec()),
            ],
            alter: |_| {},
        }
    }

    pub(crate) fn written(&self) -> Written {
        let manifest = self.manifest.to_string().into_bytes();
        let mut files =
            vec![("manifest.json".to_owned(), "application/vnd.remotemedia.package.manifest.v1+json", manifest)];
        files.extend(self.files.iter().cloned());
        let layers: Vec<_> = files
            .iter()
            .map(|(path, media_type, content)| {
                json!({
                    "mediaType": media_type, "digest": Digest::of(content).to_string(), "size": content.len(),
                    "annotations": {"org.opencontainers.image.title": path},
                })
            })
            .collect();
        let config = self.config.to_string().into_bytes();
        let mut image = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": "application/vnd.remotemedia.package.v1+json",
            "config": {
                "mediaType": "application/vnd.remotemedia.package.config.v1+json",
                "digest": Digest::of(&config).to_string(), "size": config.len(),
            },
            "layers": layers,
        });
        (self.alter)(&mut image);
        let image = image.to_string().into_bytes();
        let links =
            files.iter().map(|(path, _, content)| (path.clone(), Digest::of(content).hex().to_owned())).collect();
        let contents = [image, config].into_iter().chain(files.into_iter().map(|(_, _, content)| content));
        let mut blobs: Vec<(String, Vec<u8>)> = Vec::new();
        for content in contents {
            let hex = Digest::of(&content).hex().to_owned();
            if !blobs.iter().any(|(other, _)| *other == hex) {
                blobs.push((hex, content));
            }
        }
        Written { digest: format!("sha256:{}", blobs[0].0), blobs, links }
    }
}

pub(crate) const INFO: &str =
    r#"{"version":1,"python":">=3.11","entries":["pipeline:Own"],"imports":["numpy"],"missing":["numpy"]}"#;

pub(crate) fn pynode(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(*name, options).expect("an entry");
        zip.write_all(text.as_bytes()).expect("its content");
    }
    zip.finish().expect("a zip").into_inner()
}

const MARKER: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

impl Written {
    /// As an image layout in a directory.
    pub(crate) fn directory(&self, path: &Path) {
        let blobs = path.join("blobs/sha256");
        fs::create_dir_all(&blobs).expect("a directory");
        fs::write(path.join("oci-layout"), MARKER).expect("a file");
        for (hex, content) in &self.blobs {
            fs::write(blobs.join(hex), content).expect("a blob");
        }
    }

    /// As a tar whose plain names are hard links, each right behind its blob; `alter` appends what the test is about.
    pub(crate) fn archive(&self, path: &Path, alter: impl FnOnce(&mut tar::Builder<fs::File>)) {
        let mut tar = tar::Builder::new(fs::File::create(path).expect("a file"));
        append(&mut tar, "oci-layout", MARKER);
        for (hex, content) in &self.blobs {
            let blob = format!("blobs/sha256/{hex}");
            append(&mut tar, &blob, content);
            for (link, _) in self.links.iter().filter(|(_, target)| target == hex) {
                let mut header = tar::Header::new_gnu();
                header.set_entry_type(tar::EntryType::Link);
                header.set_size(0);
                tar.append_link(&mut header, link, &blob).expect("a link");
            }
        }
        alter(&mut tar);
        tar.finish().expect("a tar");
    }
}

pub(crate) fn append(tar: &mut tar::Builder<fs::File>, path: &str, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, path, content).expect("an entry");
}
