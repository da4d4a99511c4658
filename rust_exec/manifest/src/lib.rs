//! Manifest v1: its types, its verdict and its graph.
//!
//! [`Manifest::parse`] is the authority on whether a manifest is valid; Python asks it through `remotemedia._native`.
//!
//! ```
//! use remotemedia_manifest::{Graph, Manifest};
//!
//! let text = br#"{
//!     "version": "v1",
//!     "metadata": {"name": "example"},
//!     "nodes": [{"id": "source", "node_type": "AudioSource"}, {"id": "mix", "node_type": "AudioMixNode"}],
//!     "connections": [{"from": "source", "to": "mix"}]
//! }"#;
//! let (manifest, warnings) = Manifest::parse(text)?;
//! assert!(warnings.is_empty());
//! assert_eq!(Graph::of(&manifest).order, [0, 1]);
//! # Ok::<(), remotemedia_manifest::ManifestError>(())
//! ```
//!
//! # Layout
//!
//! - `model`: the serde types
//! - `error`: what can be wrong, each with its stable code; `codes`: all of them
//! - `place`: where in a document something stands
//! - `strict`: I-JSON parsing: bounded size and depth, no duplicate keys
//! - `names`: the shapes of ids, paths and hosts
//! - `grant`: what a node may use beyond its sandbox
//! - `fields`, `read`: required fields, strict types, unknown fields
//! - `table`: the built-in nodes of `schemas/nodes.v1.json`
//! - `modules`: what does a node's work in the place of its class: a component, programs
//! - `reference`: what a `$`-object is
//! - `values`: parameter values in depth, against what is declared
//! - `params`: parameters against the table
//! - `verdict`: the checks, in order
//! - `resolve`: a manifest with the values of one run, and the files it names
//! - `graph`: order, fan-in and fan-out of a valid manifest

mod codes;
mod error;
mod fields;
mod grant;
mod graph;
mod model;
pub mod modules;
mod names;
mod params;
mod place;
mod read;
mod reference;
mod resolve;
mod strict;
pub mod table;
mod values;
mod verdict;

pub use codes::{exit_status, known_code};
pub use error::{ManifestError, Warning};
pub use grant::Grant;
pub use graph::{Edge, Graph};
pub use model::{Connection, Limits, Manifest, Metadata, Node, Parameter, RuntimeKind};
pub use names::{is_data_path, is_project_path};
pub use reference::Reference;
pub use resolve::{ProjectFile, collect_data};
pub use strict::{MAX_BYTES, MAX_DEPTH};
pub use verdict::SUPPORTED_FEATURES;
