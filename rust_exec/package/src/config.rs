//! The configuration of a package: what can be shown of it before any layer moves.

use std::collections::BTreeSet;

use remotemedia_manifest::{Manifest, RuntimeKind};
use serde::Deserialize;

use crate::error::{PackageError, quote};

/// The runtimes that take a grant of their own name.
const GRANTED: [&str; 2] = ["program", "python"];

/// What follows from a package's manifest and from the runtimes that were chosen when it was built.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Version of this document: 1.
    #[serde(rename = "schemaVersion")]
    pub schema_version: u32,
    /// The pipeline's name.
    pub name: String,
    /// The package's own version.
    pub version: String,
    /// Every runtime that a node has.
    pub runtimes: Vec<RuntimeKind>,
    /// Everything that nodes want beyond their sandboxes.
    pub grants: Vec<String>,
    /// Features without which the pipeline must not run.
    pub requires: Vec<String>,
    /// The nodes, in the manifest's order.
    pub nodes: Vec<ConfigNode>,
}

/// One node of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigNode {
    /// Its id.
    pub id: String,
    /// Its class name.
    pub node_type: String,
    /// Its runtime.
    pub runtime: RuntimeKind,
}

impl Config {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        let config: Self = serde_json::from_slice(bytes).map_err(|error| {
            PackageError::not_a_package(format!("expected a package configuration, got another document: {error}"))
        })?;
        if config.schema_version != 1 {
            let message = format!("expected a package configuration of version 1, got {}", config.schema_version);
            return Err(PackageError::not_a_package(message));
        }
        Ok(config)
    }

    /// That it says nothing else than the manifest it was derived from.
    ///
    /// # Errors
    ///
    /// `RM303` naming the field.
    pub(crate) fn check(&self, manifest: &Manifest) -> Result<(), PackageError> {
        same("name", &self.name, &manifest.metadata.name)?;
        same("requires", &format!("{:?}", self.requires), &format!("{:?}", manifest.requires))?;
        same("number of nodes", &self.nodes.len().to_string(), &manifest.nodes.len().to_string())?;
        for (own, node) in self.nodes.iter().zip(&manifest.nodes) {
            same("id", &own.id, &node.id)?;
            same(&format!("node type of {}", quote(&node.id)), &own.node_type, &node.node_type)?;
            if let Some(asked) = node.runtime {
                same(&format!("runtime of {}", quote(&node.id)), own.runtime.as_str(), asked.as_str())?;
            }
        }
        let listed: BTreeSet<_> = self.runtimes.iter().collect();
        let used: BTreeSet<_> = self.nodes.iter().map(|node| &node.runtime).collect();
        if listed != used {
            let message = format!("expected the runtimes of the nodes ({used:?}) in the configuration, got {listed:?}");
            return Err(PackageError::contradiction(message));
        }
        // It may show more than is wanted; what is wanted must not be hidden.
        let shown: BTreeSet<_> = self.grants.iter().map(String::as_str).collect();
        let asked = manifest.nodes.iter().flat_map(|node| &node.grants).map(String::as_str);
        let needed = used.iter().map(|kind| kind.as_str()).filter(|kind| GRANTED.contains(kind));
        match asked.chain(needed).find(|grant| !shown.contains(grant)) {
            None => Ok(()),
            Some(grant) => {
                let message = format!("expected the grant {} in the configuration, got none", quote(grant));
                Err(PackageError::contradiction(message))
            }
        }
    }
}

fn same(what: &str, config: &str, manifest: &str) -> Result<(), PackageError> {
    if config == manifest {
        return Ok(());
    }
    let message =
        format!("expected {what} {} of the manifest in the configuration, got {}", quote(manifest), quote(config));
    Err(PackageError::contradiction(message))
}
