//! The OCI image manifest of a package (OCI image-spec 1.1, "Guidelines for Artifact Usage").

use std::collections::{BTreeMap, HashMap};

use remotemedia_manifest::{is_data_path, is_project_path};
use serde::Deserialize;

use crate::digest::Digest;
use crate::error::{PackageError, quote};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const ARTIFACT: &str = "application/vnd.remotemedia.package.v1+json";
const CONFIG: &str = "application/vnd.remotemedia.package.config.v1+json";
const TITLE: &str = "org.opencontainers.image.title";

/// One blob, as the manifest describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Descriptor {
    #[serde(rename = "mediaType")]
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    #[serde(default)]
    annotations: HashMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageManifest {
    schema_version: u32,
    media_type: String,
    artifact_type: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// The blobs of a package: its configuration, and its files by path.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) config: Descriptor,
    pub(crate) files: BTreeMap<String, Descriptor>,
}

/// Read the manifest of a package.
///
/// # Errors
///
/// `RM301` if it is another artifact's, `RM304` for a path that is unsafe or stands twice, `RM303` for an array that is
/// not named by its digest.
pub(crate) fn contents(bytes: &[u8]) -> Result<Contents, PackageError> {
    let manifest: ImageManifest = serde_json::from_slice(bytes).map_err(|error| {
        PackageError::not_a_package(format!("expected an OCI image manifest, got another document: {error}"))
    })?;
    if manifest.schema_version != 2 {
        let message = format!("expected an OCI manifest of schema version 2, got {}", manifest.schema_version);
        return Err(PackageError::not_a_package(message));
    }
    expect("media type", MANIFEST, &manifest.media_type)?;
    expect("artifact type", ARTIFACT, &manifest.artifact_type)?;
    expect("media type of the configuration", CONFIG, &manifest.config.media_type)?;
    let mut files = BTreeMap::new();
    for layer in manifest.layers {
        let Some(title) = layer.annotations.get(TITLE).cloned() else {
            return Err(PackageError::not_a_package(format!("expected a path in `{TITLE}` of every layer, got none")));
        };
        if !is_project_path(&title) {
            return Err(PackageError::unsafe_archive(format!(
                "expected relative paths of layers, got {}",
                quote(&title)
            )));
        }
        expect(&format!("media type of {}", quote(&title)), media_type(&title)?, &layer.media_type)?;
        if is_data_path(&title) && !title.contains(layer.digest.hex()) {
            let message = format!("expected the array {} to be named by its digest, got another", quote(&title));
            return Err(PackageError::contradiction(message));
        }
        if files.insert(title.clone(), layer).is_some() {
            return Err(PackageError::unsafe_archive(format!("expected every path once, got {} twice", quote(&title))));
        }
    }
    Ok(Contents { config: manifest.config, files })
}

fn media_type(title: &str) -> Result<&'static str, PackageError> {
    match title.split_once('/') {
        None if title == "manifest.json" => Ok("application/vnd.remotemedia.package.manifest.v1+json"),
        Some(("modules", _)) => Ok("application/vnd.remotemedia.package.module.v1.raw"),
        Some(("data", _)) if is_data_path(title) => Ok("application/vnd.remotemedia.package.data.v1.raw"),
        Some(("models", _)) => Ok("application/vnd.remotemedia.package.model.v1.raw"),
        Some(("wheels", name)) if !name.contains('/') => Ok("application/vnd.remotemedia.package.wheel.v1.raw"),
        Some(("meta", _)) => Ok("application/vnd.remotemedia.package.meta.v1+json"),
        _ => {
            let expected =
                "`manifest.json`, `data/<sha256>.npy` or a path below `modules`, `models`, `wheels` or `meta`";
            Err(PackageError::not_a_package(format!("expected {expected}, got {}", quote(title))))
        }
    }
}

fn expect(what: &str, expected: &str, got: &str) -> Result<(), PackageError> {
    if expected == got {
        return Ok(());
    }
    Err(PackageError::not_a_package(format!("expected {what} `{expected}`, got {}", quote(got))))
}
