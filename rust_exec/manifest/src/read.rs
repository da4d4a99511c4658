//! From a JSON value to the types of [`crate::model`]: required fields, strict types, unknown fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{ManifestError, Warning};
use crate::fields::{
    Fields, Shape, array, flag, object, positive_integer, positive_number, text, text_like, texts_like, wrong,
};
use crate::grant::{FORMS, Grant};
use crate::model::{Connection, Limits, Manifest, Metadata, Node, Parameter, RuntimeKind};
use crate::names::{is_entry, is_id, is_identifier, is_place};
use crate::place::Place;

pub(crate) static MANIFEST: Shape = Shape {
    required: &["version", "metadata", "nodes", "connections"],
    optional: &["parameters", "secrets", "requires", "budget"],
};
static METADATA: Shape = Shape { required: &["name"], optional: &["description", "created_at", "traced"] };
static NODE: Shape = Shape {
    required: &["id", "node_type"],
    optional: &["params", "entry", "runtime", "capabilities", "host", "remote_ref", "limits", "grants", "sync"],
};
static ARGUMENT_NODE: Shape = Shape { required: &["node_type", "params"], optional: &["entry", "host", "remote_ref"] };
static ARGUMENT_PIPELINE: Shape = Shape { required: &["name", "nodes", "connections"], optional: &[] };
static CONNECTION: Shape = Shape { required: &["from", "to"], optional: &["from_port", "to_port"] };
static PARAMETER: Shape = Shape { required: &["default"], optional: &["description"] };
static LIMITS: Shape =
    Shape { required: &[], optional: &["memory_mb", "timeout_s", "output_bytes", "output_packets", "log_bytes"] };
static CAPABILITIES: Shape = Shape { required: &[], optional: &["gpu", "cpu", "memory_gb"] };
static GPU: Shape = Shape { required: &["type"], optional: &["min_memory_gb", "required"] };
static CPU: Shape = Shape { required: &[], optional: &["cores", "arch", "required"] };

const ENTRY: &str = "`module:Class` with a module other than `__main__`";
const NAME: &str = "a name of at most 200 characters on one line";

pub(crate) fn manifest(value: &Value, warnings: &mut Vec<Warning>) -> Result<Manifest, ManifestError> {
    let root = Place::ROOT;
    let fields = Fields::of(value, &root, &MANIFEST, warnings)?;
    let identifiers = texts_like("letters, digits and `_`", is_identifier);
    Ok(Manifest {
        version: fields.need("version", text)?,
        metadata: fields.need("metadata", |value, place| metadata(value, place, warnings))?,
        nodes: fields.need("nodes", |value, place| each(value, place, |item, at| node(item, at, warnings)))?,
        connections: fields
            .need("connections", |value, place| each(value, place, |item, at| connection(item, at, warnings)))?,
        parameters: fields.get("parameters", |value, place| parameters(value, place, warnings))?.unwrap_or_default(),
        secrets: fields.get("secrets", identifiers)?.unwrap_or_default(),
        requires: fields.get("requires", texts_like("a feature's name", is_id))?.unwrap_or_default(),
        budget: fields.get("budget", owned_object)?,
    })
}

fn each<T>(
    value: &Value,
    place: &Place<'_>,
    mut read: impl FnMut(&Value, &Place<'_>) -> Result<T, ManifestError>,
) -> Result<Vec<T>, ManifestError> {
    array(value, place)?.iter().enumerate().map(|(index, item)| read(item, &place.index(index))).collect()
}

fn owned_object(value: &Value, place: &Place<'_>) -> Result<Map<String, Value>, ManifestError> {
    object(value, place).cloned()
}

fn metadata(value: &Value, place: &Place<'_>, warnings: &mut Vec<Warning>) -> Result<Metadata, ManifestError> {
    let fields = Fields::of(value, place, &METADATA, warnings)?;
    Ok(Metadata {
        name: fields.need("name", text_like(NAME, is_id))?,
        description: fields.get("description", text)?,
        created_at: fields.get("created_at", text)?,
        traced: fields.get("traced", flag)?,
    })
}

fn node(value: &Value, place: &Place<'_>, warnings: &mut Vec<Warning>) -> Result<Node, ManifestError> {
    let fields = Fields::of(value, place, &NODE, warnings)?;
    Ok(Node {
        id: fields.need("id", text_like(NAME, is_id))?,
        node_type: fields.need("node_type", text_like(NAME, is_id))?,
        params: fields.get("params", owned_object)?.unwrap_or_default(),
        entry: fields.get("entry", text_like(ENTRY, is_entry))?,
        runtime: fields.get("runtime", runtime)?,
        capabilities: fields.get("capabilities", |value, place| capabilities(value, place, warnings))?,
        host: fields.get("host", text_like("`HOST` or `HOST:PORT`", is_place))?,
        remote_ref: fields.get("remote_ref", text_like("a reference to a package", is_reference))?,
        limits: fields.get("limits", |value, place| limits(value, place, warnings))?,
        grants: fields.get("grants", texts_like(FORMS, |text| text.parse::<Grant>().is_ok()))?.unwrap_or_default(),
        sync: fields.get("sync", text_like("`arrival` or `pts`", |text| matches!(text, "arrival" | "pts")))?,
    })
}

/// A node that is an argument; in messages it is called after its class, for it has no id.
pub(crate) fn argument_node(
    value: &Value,
    place: &Place<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Node, ManifestError> {
    let fields = Fields::of(value, place, &ARGUMENT_NODE, warnings)?;
    let node_type = fields.need("node_type", text_like(NAME, is_id))?;
    Ok(Node {
        id: node_type.clone(),
        node_type,
        params: fields.need("params", owned_object)?,
        entry: fields.get("entry", text_like(ENTRY, is_entry))?,
        host: fields.get("host", text_like("`HOST` or `HOST:PORT`", is_place))?,
        remote_ref: fields.get("remote_ref", text_like("a reference to a package", is_reference))?,
        ..Node::default()
    })
}

/// The graph of a pipeline that is an argument.
pub(crate) fn argument_pipeline(
    value: &Value,
    place: &Place<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Vec<Node>, Vec<Connection>), ManifestError> {
    let fields = Fields::of(value, place, &ARGUMENT_PIPELINE, warnings)?;
    fields.need("name", text_like(NAME, is_id))?;
    let nodes = fields.need("nodes", |value, place| each(value, place, |item, at| node(item, at, warnings)))?;
    let connections =
        fields.need("connections", |value, place| each(value, place, |item, at| connection(item, at, warnings)))?;
    Ok((nodes, connections))
}

fn is_reference(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control)
}

fn runtime(value: &Value, place: &Place<'_>) -> Result<RuntimeKind, ManifestError> {
    let name = text(value, place)?;
    name.parse().map_err(|error: ManifestError| error.at(place))
}

fn connection(value: &Value, place: &Place<'_>, warnings: &mut Vec<Warning>) -> Result<Connection, ManifestError> {
    let fields = Fields::of(value, place, &CONNECTION, warnings)?;
    Ok(Connection {
        from: fields.need("from", text)?,
        to: fields.need("to", text)?,
        from_port: fields.get("from_port", text_like(NAME, is_id))?,
        to_port: fields.get("to_port", text_like(NAME, is_id))?,
    })
}

fn parameters(
    value: &Value,
    place: &Place<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<BTreeMap<String, Parameter>, ManifestError> {
    let mut parameters = BTreeMap::new();
    for (name, item) in object(value, place)? {
        let place = place.key(name);
        if !is_identifier(name) {
            return Err(wrong("a name of letters, digits and `_`", &Value::from(name.as_str()), &place));
        }
        let fields = Fields::of(item, &place, &PARAMETER, warnings)?;
        let parameter = Parameter {
            default: fields.need("default", |value, _| Ok(value.clone()))?,
            description: fields.get("description", text)?,
        };
        parameters.insert(name.clone(), parameter);
    }
    Ok(parameters)
}

fn limits(value: &Value, place: &Place<'_>, warnings: &mut Vec<Warning>) -> Result<Limits, ManifestError> {
    let fields = Fields::of(value, place, &LIMITS, warnings)?;
    Ok(Limits {
        memory_mb: fields.get("memory_mb", positive_integer)?,
        timeout_s: fields.get("timeout_s", positive_number)?,
        output_bytes: fields.get("output_bytes", positive_integer)?,
        output_packets: fields.get("output_packets", positive_integer)?,
        log_bytes: fields.get("log_bytes", positive_integer)?,
    })
}

/// `gpu`, `cpu` and `memory_gb` are typed; others are extensions, and only told of.
fn capabilities(
    value: &Value,
    place: &Place<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Map<String, Value>, ManifestError> {
    let fields = Fields::of(value, place, &CAPABILITIES, warnings)?;
    fields.get("gpu", |value, place| {
        let gpu = Fields::of(value, place, &GPU, warnings)?;
        gpu.need("type", text)?;
        gpu.get("min_memory_gb", positive_number)?;
        gpu.get("required", flag)
    })?;
    fields.get("cpu", |value, place| {
        let cpu = Fields::of(value, place, &CPU, warnings)?;
        cpu.get("cores", positive_integer)?;
        cpu.get("arch", text)?;
        cpu.get("required", flag)
    })?;
    fields.get("memory_gb", positive_number)?;
    owned_object(value, place)
}
