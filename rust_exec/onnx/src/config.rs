//! A node's parameters against its model.

use remotemedia_engine::{NodeFailure, NodeSpec, PortId};
use remotemedia_manifest::Reference;
use remotemedia_packet::Tensor;
use serde_json::{Map, Value};

use crate::constant::{Constant, Unfit};
use crate::model::{Model, Port, TensorType};
use crate::value::Element;

/// Longest left context, in samples; the bound of `schemas/nodes.v1.json`.
const MAX_CONTEXT: u64 = 16_777_216;
/// Most runs that a node may want as one.
const MAX_BATCH: u64 = 1024;

/// What a node does with its model: every input of the model is a packet's, a state's or a constant's.
pub(crate) struct Config {
    pub(crate) inputs: Vec<Input>,
    /// Of every input port of the node, the inputs of the model that its packets hold, by index; none of an unused port.
    pub(crate) ports: Vec<Vec<usize>>,
    /// The outputs of the model that are given out.
    pub(crate) outputs: Vec<String>,
    /// What is emitted, in this order.
    pub(crate) emits: Vec<Emit>,
    pub(crate) state: Vec<StatePort>,
    pub(crate) constants: Vec<(String, Constant)>,
    /// Samples of the packet before that are put before a packet of the first input.
    pub(crate) context: usize,
    pub(crate) batch: Batch,
}

/// An input of the model that packets give.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) tensor: TensorType,
}

/// One packet that a run of the model yields.
pub(crate) struct Emit {
    pub(crate) port: PortId,
    pub(crate) what: What,
}

/// What a packet holds, by index of [`Config::outputs`].
pub(crate) enum What {
    /// One output, as it is.
    One(usize),
    /// Several, by name.
    Named(Vec<usize>),
}

/// One recurrent state.
pub(crate) struct StatePort {
    pub(crate) input: String,
    pub(crate) output: String,
    /// What it is at the start of a stream: zeros, axes of any length 1 long.
    pub(crate) start: Tensor,
}

/// Whether runs that wait at the same time are made as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    /// Where that was seen to make no difference.
    Auto,
    Off,
    /// So many at the most.
    Most(usize),
}

/// Project path of the model that a node names.
///
/// # Errors
///
/// `RM211`: the parameter is not a file of the project.
pub(crate) fn model_path(spec: &NodeSpec) -> Result<&str, NodeFailure> {
    let model = spec.params.get("model").unwrap_or(&Value::Null);
    match (model, Reference::of(model)) {
        (_, Some(Reference::File(path))) => Ok(path),
        (Value::String(path), _) if spec.files.local_path(path).is_some() => Ok(path),
        _ => Err(wrong("model", "a file of the project", model)),
    }
}

/// The bytes of a file that is the package's, or the user's own.
///
/// # Errors
///
/// Whatever reading the file fails with.
pub(crate) fn read(spec: &NodeSpec, path: &str) -> Result<Vec<u8>, NodeFailure> {
    match spec.files.local_path(path) {
        None => spec.files.read(path),
        Some(local) => std::fs::read(&local)
            .map_err(|error| NodeFailure::new("RM608", format!("expected a readable model `{path}`: {error}"))),
    }
}

impl Config {
    /// Read the parameters.
    ///
    /// # Errors
    ///
    /// `RM211`: a parameter has the wrong type. `RM608`: it names what the model does not have, or the model has inputs
    /// that nothing is given for. `RM213`: it names a port that the node does not have.
    pub(crate) fn read(spec: &NodeSpec, model: &Model) -> Result<Self, NodeFailure> {
        let params = &spec.params;
        let (mut inputs, mut ports) = (Vec::new(), vec![Vec::new(); spec.inputs.len()]);
        for (name, place) in named_inputs(params)? {
            let tensor = tensor(&model.inputs, "input", &name)?;
            ports[port_of(&spec.inputs, "input", &place)?].push(inputs.len());
            inputs.push(Input { name, tensor });
        }
        let (mut outputs, mut emits) = (Vec::new(), Vec::new());
        for (place, names) in named_outputs(params)? {
            let first = outputs.len();
            for name in &names.names {
                tensor(&model.outputs, "output", name)?;
                outputs.push(name.clone());
            }
            let what = if names.is_list { What::Named((first..outputs.len()).collect()) } else { What::One(first) };
            let port = PortId::try_from(port_of(&spec.outputs, "output", &place)?).unwrap_or(PortId::MAX);
            emits.push(Emit { port, what });
        }
        let context = params.get("context").map_or(Some(0), Value::as_u64).filter(|it| *it <= MAX_CONTEXT);
        let context = context.and_then(|it| usize::try_from(it).ok()).ok_or_else(|| {
            let got = params.get("context").unwrap_or(&Value::Null);
            wrong("context", &format!("an integer from 0 to {MAX_CONTEXT}"), got)
        })?;
        let state = object(params, "state")?.map(|(input, output)| StatePort::read(input, output, model));
        let constants = object(params, "constants")?.map(|(name, value)| {
            let like = tensor(&model.inputs, "input", name)?;
            Ok((name.clone(), constant(name, value, &like)?))
        });
        let (state, constants) = (state.collect::<Result<_, _>>()?, constants.collect::<Result<_, NodeFailure>>()?);
        let config = Self { inputs, ports, outputs, emits, state, constants, context, batch: batch(params)? };
        config.check_complete(model)?;
        Ok(config)
    }

    /// Every input of the model is given exactly once.
    fn check_complete(&self, model: &Model) -> Result<(), NodeFailure> {
        for port in &model.inputs {
            let given = self.inputs.iter().filter(|it| it.name == port.name).count()
                + self.state.iter().filter(|it| it.input == port.name).count()
                + self.constants.iter().filter(|(name, _)| *name == port.name).count();
            if given != 1 {
                let message =
                    format!("expected the model's input `{}` to be given once, got it {given} times", port.name);
                let hint =
                    "an input is a packet's (`input` or `inputs`), a state's (`state`) or a constant (`constants`)";
                return Err(NodeFailure::new("RM608", message).with_hint(hint));
            }
        }
        Ok(())
    }
}

impl StatePort {
    fn read(input: &str, output: &Value, model: &Model) -> Result<Self, NodeFailure> {
        let output =
            output.as_str().ok_or_else(|| wrong("state", "the names of outputs by names of inputs", output))?;
        let (taken, given) = (tensor(&model.inputs, "input", input)?, tensor(&model.outputs, "output", output)?);
        let dtype = match taken.element {
            Element::Number(dtype) if taken.element == given.element => dtype,
            _ => {
                let (expected, got) = (taken.element.name(), given.element.name());
                let message = format!("expected numbers of `{expected}` in `{output}`, as in `{input}`, got `{got}`");
                return Err(NodeFailure::new("RM608", message));
            }
        };
        let shape: Vec<u64> = taken.shape.iter().map(|it| u64::try_from(*it).unwrap_or(1)).collect();
        let bytes = dtype.byte_len(&shape).filter(|it| isize::try_from(*it).is_ok()).ok_or_else(|| {
            NodeFailure::new(
                "RM608",
                format!("expected a state that fits memory in `{input}`, got the shape {shape:?}"),
            )
        })?;
        let start = Tensor { dtype, shape, data: vec![0; bytes].into() };
        Ok(Self { input: input.to_owned(), output: output.to_owned(), start })
    }
}

/// Type of an input or output of the model.
fn tensor(ports: &[Port], kind: &str, name: &str) -> Result<TensorType, NodeFailure> {
    let Some(port) = ports.iter().find(|it| it.name == name) else {
        let names: Vec<&str> = ports.iter().map(|it| it.name.as_str()).collect();
        let message = format!("expected an {kind} of the model ({}), got `{name}`", names.join(", "));
        return Err(NodeFailure::new("RM608", message));
    };
    port.tensor.clone().ok_or_else(|| {
        NodeFailure::new("RM608", format!("expected a tensor of numbers or strings in the model's {kind} `{name}`"))
    })
}

fn port_of(ports: &[String], kind: &str, name: &str) -> Result<usize, NodeFailure> {
    ports.iter().position(|it| it == name).ok_or_else(|| {
        NodeFailure::new("RM213", format!("expected an {kind} port of the node ({}), got `{name}`", ports.join(", ")))
    })
}

/// Inputs of the model and the ports that give them.
fn named_inputs(params: &Map<String, Value>) -> Result<Vec<(String, String)>, NodeFailure> {
    let expected = "the names of ports by names of inputs";
    let named: Vec<(String, String)> = object(params, "inputs")?
        .map(|(name, port)| match port.as_str() {
            Some(port) => Ok((name.clone(), port.to_owned())),
            None => Err(wrong("inputs", expected, port)),
        })
        .collect::<Result<_, _>>()?;
    if named.is_empty() { Ok(vec![(string(params, "input", "input")?, "in".to_owned())]) } else { Ok(named) }
}

/// Outputs of the model that one packet holds.
struct Names {
    names: Vec<String>,
    is_list: bool,
}

/// Ports, and the outputs of the model that they give.
fn named_outputs(params: &Map<String, Value>) -> Result<Vec<(String, Names)>, NodeFailure> {
    let names = |value: &Value| {
        let one = |it: &Value| it.as_str().map(str::to_owned);
        let named = match value {
            Value::Array(items) if !items.is_empty() => {
                items.iter().map(one).collect::<Option<_>>().map(|names| Names { names, is_list: true })
            }
            _ => one(value).map(|it| Names { names: vec![it], is_list: false }),
        };
        named.ok_or_else(|| wrong("outputs", "the names of outputs by names of ports", value))
    };
    let named: Vec<(String, Names)> = object(params, "outputs")?
        .map(|(port, value)| Ok((port.clone(), names(value)?)))
        .collect::<Result<_, NodeFailure>>()?;
    if !named.is_empty() {
        return Ok(named);
    }
    let name = string(params, "output", "output")?;
    Ok(vec![("out".to_owned(), Names { names: vec![name], is_list: false })])
}

fn batch(params: &Map<String, Value>) -> Result<Batch, NodeFailure> {
    let most = |it: &u64| (1..=MAX_BATCH).contains(it);
    match params.get("batch") {
        None => Ok(Batch::Auto),
        Some(Value::String(it)) if it == "auto" => Ok(Batch::Auto),
        Some(Value::String(it)) if it == "off" => Ok(Batch::Off),
        Some(value) => match value.as_u64().filter(most).and_then(|it| usize::try_from(it).ok()) {
            Some(most) => Ok(Batch::Most(most)),
            None => Err(wrong("batch", &format!("`auto`, `off` or an integer from 1 to {MAX_BATCH}"), value)),
        },
    }
}

fn constant(name: &str, value: &Value, like: &TensorType) -> Result<Constant, NodeFailure> {
    Constant::of(value, like).map_err(|unfit| match unfit {
        Unfit::Element => {
            let expected = match like.element {
                Element::Number(dtype) => format!("a number or an even nested list of `{}`", dtype.name()),
                Element::Text => "a string or an even nested list of strings".to_owned(),
            };
            wrong(&format!("constants.{name}"), &expected, value)
        }
        Unfit::Shape(got) => {
            let message = format!("expected the shape {:?} in the constant `{name}`, got {got:?}", like.shape);
            NodeFailure::new("RM608", message)
        }
    })
}

fn string(params: &Map<String, Value>, name: &str, default: &str) -> Result<String, NodeFailure> {
    match params.get(name) {
        None => Ok(default.to_owned()),
        Some(Value::String(it)) => Ok(it.clone()),
        Some(other) => Err(wrong(name, "a string", other)),
    }
}

/// The members of an object; none where none was given.
fn object<'a>(
    params: &'a Map<String, Value>,
    name: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)> + use<'a>, NodeFailure> {
    let members = match params.get(name) {
        None => None,
        Some(Value::Object(members)) => Some(members),
        Some(other) => return Err(wrong(name, "an object", other)),
    };
    Ok(members.into_iter().flatten())
}

fn wrong(name: &str, expected: &str, got: &Value) -> NodeFailure {
    let got: String = got.to_string().chars().take(100).collect();
    NodeFailure::new("RM211", format!("expected {expected} for `{name}`, got `{got}`"))
}
