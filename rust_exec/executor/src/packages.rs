//! The packages of one run: the one that was asked for, and those that nodes of it are, as one graph.
//!
//! The nodes of a package that is the node `N` stand in its place as `N/ID`. What leads to `N` leads to each of its nodes
//! that nothing in it leads to; what leaves `N` leaves each of its nodes that nothing in it takes from
//! (`docs/adr/0018-packages-in-packages-are-flattened.md`). Every node keeps the files, secrets and trust of its own package.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use remotemedia_engine::NodeParts;
use remotemedia_manifest::table::Side;
use remotemedia_manifest::{Connection, Manifest, Node};
use remotemedia_package::Package;
use serde_json::Value;

use crate::failure::Failure;
use crate::files::PackageFiles;
use crate::plan::{PackagePlan, Plan};

/// Packages within each other at most, the outermost not counted.
const MAX_DEPTH: usize = 8;
/// Packages of one run at most, each counted as often as it stands in the graph.
const MAX_PACKAGES: usize = 64;

type Values<T> = BTreeMap<String, T>;

/// All nodes of one run, as one graph.
pub(crate) struct Packages {
    /// Parameters and secrets are in their places.
    manifest: Manifest,
    /// What each node comes from, by id.
    origins: BTreeMap<String, Arc<Origin>>,
    /// Nodes that take what leads to a package, by the id that the package has as a node.
    entries: BTreeMap<String, Vec<String>>,
}

/// The package that a node comes from.
pub(crate) struct Origin {
    pub(crate) files: Arc<PackageFiles>,
    /// Of its OCI manifest.
    pub(crate) digest: String,
    /// Whether its models run in this process.
    pub(crate) signer_trusted: bool,
    /// Whether it is a node of another.
    pub(crate) is_nested: bool,
}

impl Packages {
    /// Open and check the package that was asked for, and all that the plan names for nodes of it.
    ///
    /// # Errors
    ///
    /// `RM3xx`: one is not whole or not what its digest says. `RM610`: the plan names no package for a node that is one.
    /// `RM634`: they are too many, or one is in itself. `RM635`: one does not fit the node that it is.
    pub(crate) fn open(
        package: &Path,
        digest: &str,
        plan: &Plan,
        secrets: &BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        let mut opening = Opening { plan, secrets, opened: 0, declared: BTreeSet::new() };
        let within = Within { digests: Vec::new(), prefix: String::new() };
        let chosen = PackagePlan {
            package: package.to_owned(),
            digest: digest.to_owned(),
            signer_trusted: plan.signer_trusted,
            node: None,
        };
        let opened = opening.open(&chosen, &within, plan.set.clone())?;
        if let Some(name) = secrets.keys().find(|name| !opening.declared.contains(*name)) {
            // Refused as one package would.
            opened.manifest.clone().reveal(&BTreeMap::from([(name.clone(), String::new())]))?;
        }
        Ok(opened)
    }

    /// The graph, while it is not known which nodes take no input.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What a node comes from.
    pub(crate) fn origin(&self, node: &Node) -> Result<&Arc<Origin>, Failure> {
        self.origins
            .get(&node.id)
            .ok_or_else(|| Failure::new("RM635", format!("expected a package for node `{}`, got none", node.id)))
    }

    /// The graph with these nodes: what leads to a package leads to none of its sources.
    ///
    /// # Errors
    ///
    /// `RM635`: a package is given packets, and has sources only.
    pub(crate) fn graph(mut self, nodes: &[NodeParts]) -> Result<Manifest, Failure> {
        let sources: BTreeSet<&str> =
            nodes.iter().filter(|it| it.instance.is_source()).map(|it| it.spec.id.as_str()).collect();
        for (package, heads) in &self.entries {
            if heads.iter().all(|it| sources.contains(it.as_str())) {
                let message = format!("expected the package of node `{package}` to take packets, it has sources only");
                return Err(Failure::new("RM635", message));
            }
        }
        let entered: BTreeSet<&str> = self.entries.values().flatten().map(String::as_str).collect();
        let into_source = |it: &Connection| entered.contains(it.to.as_str()) && sources.contains(it.to.as_str());
        self.manifest.connections.retain(|it| !into_source(it));
        Ok(self.manifest)
    }
}

/// Whether a node is a package that runs here.
fn is_package(node: &Node) -> bool {
    node.remote_ref.is_some() && node.host.is_none()
}

/// What is known while packages are opened.
struct Opening<'a> {
    plan: &'a Plan,
    secrets: &'a BTreeMap<String, String>,
    opened: usize,
    /// Secrets that some package declares.
    declared: BTreeSet<String>,
}

/// Where a package stands.
struct Within {
    /// The packages around it, from the outermost.
    digests: Vec<String>,
    /// What the ids of its nodes begin with: nothing, or `N/`.
    prefix: String,
}

impl<'a> Opening<'a> {
    fn open(&mut self, it: &PackagePlan, within: &Within, set: Values<Value>) -> Result<Packages, Failure> {
        self.count(it, within)?;
        let package = Package::open(&it.package, &it.digest)?;
        package.check()?;
        let (manifest, inner) = self.valued(&package, it, within, set)?;
        let origin = Arc::new(Origin {
            files: Arc::new(PackageFiles(package)),
            digest: it.digest.clone(),
            signer_trusted: it.signer_trusted,
            is_nested: !within.prefix.is_empty(),
        });
        self.flatten(manifest, inner, &origin, within)
    }

    fn count(&mut self, it: &PackagePlan, within: &Within) -> Result<(), Failure> {
        self.opened += 1;
        let node = within.prefix.trim_end_matches('/');
        let refused = if within.digests.contains(&it.digest) {
            format!("expected another package for node `{node}`, got one that the node is part of")
        } else if within.digests.len() > MAX_DEPTH {
            format!("expected packages nested at most {MAX_DEPTH} deep, got `{node}`")
        } else if self.opened > MAX_PACKAGES {
            format!("expected at most {MAX_PACKAGES} packages in a run, got more, the next for node `{node}`")
        } else {
            return Ok(());
        };
        Err(Failure::new("RM634", refused))
    }

    /// The manifest with its own values and secrets in it, and the values for nodes of packages in it, by the node.
    fn valued(
        &mut self,
        package: &Package,
        it: &PackagePlan,
        within: &Within,
        set: Values<Value>,
    ) -> Result<(Manifest, Values<Values<Value>>), Failure> {
        let stated = package.manifest();
        let packages: Vec<&str> = stated.nodes.iter().filter(|it| is_package(it)).map(|it| it.id.as_str()).collect();
        let (mut own, mut inner) = (Values::new(), Values::<Values<Value>>::new());
        for (name, value) in set {
            let within = packages.iter().filter_map(|id| Some((*id, name.strip_prefix(id)?.strip_prefix('/')?)));
            // Ids may have slashes of their own: the longest counts.
            match within.max_by_key(|(id, _)| id.len()) {
                Some((id, rest)) => {
                    inner.entry(id.to_owned()).or_default().insert(rest.to_owned(), value);
                }
                None => {
                    own.insert(name, value);
                }
            }
        }
        self.declared.extend(stated.secrets.iter().cloned());
        let given = self.secrets.iter().filter(|(name, _)| stated.secrets.contains(name));
        let given = given.map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut manifest = stated.resolve(&own)?.reveal(&given)?;
        if let Some(node) = &it.node {
            manifest.nodes.retain(|it| it.id == *node);
            manifest.connections.clear();
            if manifest.nodes.is_empty() {
                let place = within.prefix.trim_end_matches('/');
                let message = format!("expected a node `{node}` in the package of node `{place}`, got none");
                return Err(Failure::new("RM635", message));
            }
        }
        Ok((manifest, inner))
    }

    /// Put the packages that nodes are in the places of the nodes.
    fn flatten(
        &mut self,
        manifest: Manifest,
        mut inner: Values<Values<Value>>,
        origin: &Arc<Origin>,
        within: &Within,
    ) -> Result<Packages, Failure> {
        let mut flat = Packages {
            manifest: Manifest { nodes: Vec::new(), connections: Vec::new(), ..manifest },
            origins: BTreeMap::new(),
            entries: BTreeMap::new(),
        };
        let (mut heads, mut leaves) = (Values::<Vec<End>>::new(), Values::<Vec<End>>::new());
        for mut node in manifest.nodes {
            let own = std::mem::take(&mut node.id);
            node.id = format!("{}{own}", within.prefix);
            if !is_package(&node) {
                flat.add(node, origin)?;
                continue;
            }
            let digests = [within.digests.as_slice(), std::slice::from_ref(&origin.digest)].concat();
            let place = Within { digests, prefix: format!("{}/", node.id) };
            let (chosen, set) = self.chosen(&node, inner.remove(&own).unwrap_or_default())?;
            let nested = self.open(chosen, &place, set)?;
            heads.insert(own.clone(), nested.heads());
            leaves.insert(own, nested.leaves());
            flat.take(nested, node.sync.as_deref())?;
        }
        for it in manifest.connections {
            let end = |id: &String, port| vec![End { node: format!("{}{id}", within.prefix), port }];
            let from = leaves.get(&it.from).cloned().unwrap_or_else(|| end(&it.from, it.from_port.clone()));
            let to = heads.get(&it.to).cloned().unwrap_or_else(|| end(&it.to, it.to_port.clone()));
            if let Some(heads) = heads.get(&it.to) {
                let ids = heads.iter().map(|it| it.node.clone()).collect();
                flat.entries.insert(format!("{}{}", within.prefix, it.to), ids);
            }
            for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
                flat.manifest.connections.push(Connection {
                    from: from.node.clone(),
                    to: to.node.clone(),
                    from_port: from.port.clone(),
                    to_port: to.port.clone(),
                });
            }
        }
        Ok(flat)
    }

    /// The package that the plan names for a node, and the values that its nodes get.
    fn chosen(&self, node: &Node, set: Values<Value>) -> Result<(&'a PackagePlan, Values<Value>), Failure> {
        let planned = self.plan.nodes.get(&node.id).and_then(|it| it.pipeline.as_ref());
        let Some(chosen) = planned else {
            let reference = node.remote_ref.as_deref().unwrap_or_default();
            let message = format!("node `{}` is the package `{reference}`, which the plan does not name", node.id);
            let hint = "`remotemedia run` finds and verifies the packages that nodes are";
            return Err(Failure::new("RM610", message).with_hint(hint));
        };
        let arguments = node.params.get("node_config").and_then(Value::as_object);
        let mut values = Values::new();
        if let (Some(inner), Some(arguments)) = (&chosen.node, arguments) {
            values.extend(arguments.iter().map(|(name, value)| (format!("{inner}.{name}"), value.clone())));
        }
        values.extend(set);
        Ok((chosen, values))
    }
}

/// One end of an edge.
#[derive(Clone)]
struct End {
    node: String,
    port: Option<String>,
}

impl Packages {
    fn add(&mut self, node: Node, origin: &Arc<Origin>) -> Result<(), Failure> {
        if self.origins.insert(node.id.clone(), Arc::clone(origin)).is_some() {
            let message = format!("expected ids that differ, got `{}` twice, of a node and in a package", node.id);
            return Err(Failure::new("RM635", message));
        }
        self.manifest.nodes.push(node);
        Ok(())
    }

    /// Take all nodes of a package that is a node; `sync` is how packets of several edges meet there.
    fn take(&mut self, nested: Self, sync: Option<&str>) -> Result<(), Failure> {
        let heads: Vec<String> = nested.heads().into_iter().map(|it| it.node).collect();
        for mut node in nested.manifest.nodes {
            let origin = nested.origins.get(&node.id).map(Arc::clone);
            if node.sync.is_none() && heads.contains(&node.id) {
                node.sync = sync.map(str::to_owned);
            }
            if let Some(origin) = origin {
                self.add(node, &origin)?;
            }
        }
        self.manifest.connections.extend(nested.manifest.connections);
        self.entries.extend(nested.entries);
        Ok(())
    }

    /// The first input of each node that nothing leads to.
    fn heads(&self) -> Vec<End> {
        let taking: BTreeSet<&str> = self.manifest.connections.iter().map(|it| it.to.as_str()).collect();
        let heads = self.manifest.nodes.iter().filter(|it| !taking.contains(it.id.as_str()));
        // A built-in node without input ports is known to be a source already.
        heads
            .filter_map(|it| Some(End { node: it.id.clone(), port: ports(it, Side::Inputs).into_iter().next()? }))
            .collect()
    }

    /// Each output of each node that nothing takes from.
    fn leaves(&self) -> Vec<End> {
        let giving: BTreeSet<&str> = self.manifest.connections.iter().map(|it| it.from.as_str()).collect();
        let leaves = self.manifest.nodes.iter().filter(|it| !giving.contains(it.id.as_str()));
        leaves
            .flat_map(|it| ports(it, Side::Outputs).into_iter().map(|port| End { node: it.id.clone(), port }))
            .collect()
    }
}

/// The ports of a node: those of the table, and for a class of the author's the default one.
fn ports(node: &Node, side: Side) -> Vec<Option<String>> {
    let Some(known) = node.built_in() else { return vec![None] };
    let ports = known.ports(side, &node.params).unwrap_or_default();
    ports.iter().map(|it| Some(it.name.clone())).collect()
}
