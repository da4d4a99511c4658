//! The verdict on a manifest: the checks, in order.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::error::{ManifestError, Warning, list, quote, warn};
use crate::fields::wrong;
use crate::graph::Graph;
use crate::model::{Connection, Manifest, Node};
use crate::place::Place;
use crate::table::{self, Port, Side};
use crate::values::Declared;
use crate::{names, params, read, strict};

/// Features that a manifest may name in `requires`.
pub const SUPPORTED_FEATURES: &[&str] = &[];

/// Nodes of a cycle that a message shows.
const SHOWN: usize = 12;

impl Manifest {
    /// Read a manifest and judge it, with what is worth telling of a valid one.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, in this order: size and nesting (`RM202`), JSON (`RM201`, `RM203`), version
    /// (`RM206`), required fields (`RM204`), types (`RM205`), features (`RM212`), ids (`RM208`), node types (`RM207`),
    /// `$`-objects (`RM215`, `RM214`), parameters (`RM211`), connections (`RM209`, `RM213`), cycles (`RM210`).
    pub fn parse(bytes: &[u8]) -> Result<(Self, Vec<Warning>), ManifestError> {
        let value = strict::parse(bytes)?;
        check_version(&value)?;
        let mut warnings = Vec::new();
        let manifest = read::manifest(&value, &mut warnings)?;
        manifest.check(&mut warnings)?;
        Ok((manifest, warnings))
    }

    /// All that does not show from types alone.
    pub(crate) fn check(&self, warnings: &mut Vec<Warning>) -> Result<(), ManifestError> {
        self.check_requires()?;
        self.check_defaults(warnings)?;
        check_graph(&self.nodes, &self.connections, &self.declared(), &Place::ROOT, warnings)
    }

    pub(crate) fn declared(&self) -> Declared<'_> {
        Declared::new(&self.parameters, &self.secrets)
    }

    /// A default that referred to another parameter would have to be resolved in turn: none is declared to it.
    fn check_defaults(&self, warnings: &mut Vec<Warning>) -> Result<(), ManifestError> {
        let (no_parameters, no_secrets) = (BTreeMap::new(), []);
        let nothing = Declared::new(&no_parameters, &no_secrets);
        let place = Place::ROOT.key("parameters");
        self.parameters
            .iter()
            .try_for_each(|(name, it)| nothing.check(&it.default, &place.key(name).key("default"), warnings))
    }

    fn check_requires(&self) -> Result<(), ManifestError> {
        match self.requires.iter().enumerate().find(|(_, name)| !SUPPORTED_FEATURES.contains(&name.as_str())) {
            None => Ok(()),
            Some((index, name)) => {
                let message = format!("expected features this program has, got {}", quote(name));
                Err(ManifestError::new("RM212", message).at(&Place::ROOT.key("requires").index(index)))
            }
        }
    }
}

/// The nodes and edges of a manifest, or of a pipeline that is an argument.
pub(crate) fn check_graph(
    nodes: &[Node],
    connections: &[Connection],
    declared: &Declared<'_>,
    place: &Place<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ManifestError> {
    let nodes_place = place.key("nodes");
    check_ids(nodes, &nodes_place)?;
    nodes.iter().enumerate().try_for_each(|(index, node)| check_node_type(node, &nodes_place.index(index)))?;
    for (index, node) in nodes.iter().enumerate() {
        check_values(node, declared, &nodes_place.index(index), warnings)?;
    }
    check_connections(nodes, connections, &place.key("connections"), warnings)?;
    check_cycles(nodes, connections, &place.key("connections"))
}

/// A node that is an argument.
pub(crate) fn check_node(
    node: &Node,
    declared: &Declared<'_>,
    place: &Place<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ManifestError> {
    check_node_type(node, place)?;
    check_values(node, declared, place, warnings)
}

fn check_ids(nodes: &[Node], place: &Place<'_>) -> Result<(), ManifestError> {
    let mut seen = HashSet::new();
    match nodes.iter().enumerate().find(|(_, node)| !seen.insert(&node.id)) {
        None => Ok(()),
        Some((index, node)) => {
            let message = format!("expected every id once, got {} twice", quote(&node.id));
            Err(ManifestError::new("RM208", message).at(&place.index(index).key("id")))
        }
    }
}

fn check_node_type(node: &Node, place: &Place<'_>) -> Result<(), ManifestError> {
    if node.entry.is_some() || node.built_in().is_some() {
        return Ok(());
    }
    let known = list(table::node_types().iter().map(|known| &known.name));
    let message = format!("expected a node type this program has ({known}), got {}", quote(&node.node_type));
    Err(ManifestError::new("RM207", message)
        .hint("a class of the author's needs an `entry`")
        .at(&place.key("node_type")))
}

/// `$`-objects everywhere, then the parameters of a built-in node against the table.
fn check_values(
    node: &Node,
    declared: &Declared<'_>,
    place: &Place<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ManifestError> {
    declared.check_members(&node.params, &place.key("params"), warnings)?;
    node.built_in().map_or(Ok(()), |node_type| params::check(node, node_type, declared, place, warnings))
}

fn check_connections(
    nodes: &[Node],
    connections: &[Connection],
    place: &Place<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ManifestError> {
    let nodes: HashMap<&str, &Node> = nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut seen = HashSet::new();
    for (index, connection) in connections.iter().enumerate() {
        let place = place.index(index);
        let from = end(&nodes, &connection.from, &place.key("from"))?;
        let to = end(&nodes, &connection.to, &place.key("to"))?;
        check_ports(connection, from, to, &place)?;
        if !seen.insert((&connection.from, connection.output(), &connection.to, connection.input())) {
            warn(warnings, &place, || {
                let (from, to) = (quote(&connection.from), quote(&connection.to));
                format!("{from} and {to} are connected twice in the same way; every packet arrives twice")
            });
        }
    }
    Ok(())
}

fn check_cycles(nodes: &[Node], connections: &[Connection], place: &Place<'_>) -> Result<(), ManifestError> {
    let Some(cycle) = Graph::over(nodes, connections).cycle(nodes.len()) else {
        return Ok(());
    };
    let id = |&index: &usize| nodes[index].id.as_str();
    let mut shown: Vec<&str> = cycle.iter().take(SHOWN).map(id).collect();
    if cycle.len() > SHOWN {
        shown.push("…");
    }
    shown.extend(cycle.first().map(id));
    let message = format!("expected an acyclic graph, got the cycle `{}`", shown.join(" -> "));
    Err(ManifestError::new("RM210", message).at(place))
}

/// Before all else, so that a manifest of the future is refused for its version and not for what is new in it.
fn check_version(value: &Value) -> Result<(), ManifestError> {
    let Some(version) = value.get("version") else {
        return Ok(());
    };
    let place = Place::ROOT;
    let place = place.key("version");
    let text = version.as_str().ok_or_else(|| wrong("a string", version, &place))?;
    if names::is_version_1(text) {
        return Ok(());
    }
    let message =
        format!("expected a manifest of version `v1` (also written `1`, `1.0`, `1.x`), got version {}", quote(text));
    Err(ManifestError::new("RM206", message).hint("use a newer `remotemedia` for newer manifests").at(&place))
}

fn end<'a>(nodes: &HashMap<&str, &'a Node>, id: &str, place: &Place<'_>) -> Result<&'a Node, ManifestError> {
    nodes
        .get(id)
        .copied()
        .ok_or_else(|| ManifestError::new("RM209", format!("expected the id of a node, got {}", quote(id))).at(place))
}

fn check_ports(connection: &Connection, from: &Node, to: &Node, place: &Place<'_>) -> Result<(), ManifestError> {
    if let Some(ports) = from.built_in().and_then(|it| it.ports(Side::Outputs, &from.params)) {
        check_port("output", connection.output(), &ports, from, &place.key("from_port"))?;
    }
    if let Some(ports) = to.built_in().and_then(|it| it.ports(Side::Inputs, &to.params)) {
        check_port("input", connection.input(), &ports, to, &place.key("to_port"))?;
    }
    Ok(())
}

fn check_port(what: &str, name: &str, ports: &[Port], node: &Node, place: &Place<'_>) -> Result<(), ManifestError> {
    if ports.iter().any(|port| port.name == name) {
        return Ok(());
    }
    let known = list(ports.iter().map(|port| &port.name));
    let message = format!("expected an {what} of node {} ({known}), got {}", quote(&node.id), quote(name));
    Err(ManifestError::new("RM213", message).at(place))
}
