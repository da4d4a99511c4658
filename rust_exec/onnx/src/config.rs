//! A node's parameters against its model.

use remotemedia_engine::{NodeFailure, NodeSpec};
use remotemedia_manifest::Reference;
use remotemedia_packet::{Dtype, Tensor};
use serde_json::{Map, Value};

use crate::model::{Model, Port};

/// Longest left context, in samples; the bound of `schemas/nodes.v1.json`.
const MAX_CONTEXT: u64 = 16_777_216;

/// What a node does with its model: every input of the model is the packet's, a state's or a constant's.
pub(crate) struct Config {
    pub(crate) input: Input,
    /// The output that is emitted.
    pub(crate) output: String,
    pub(crate) state: Vec<StatePort>,
    pub(crate) constants: Vec<(String, Tensor)>,
    /// Samples of the packet before that are put before a packet.
    pub(crate) context: usize,
}

/// The model's input that takes the packet.
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    /// Lengths of the axes, −1 for any.
    pub(crate) shape: Vec<i64>,
}

/// One recurrent state.
pub(crate) struct StatePort {
    pub(crate) input: String,
    pub(crate) output: String,
    /// What it is at the start of a stream: zeros, axes of any length 1 long.
    pub(crate) start: Tensor,
}

/// The bytes of the model that a node names.
///
/// # Errors
///
/// `RM211`: the parameter is not a file of the project. Whatever reading the file fails with.
pub(crate) fn model_bytes(spec: &NodeSpec) -> Result<Vec<u8>, NodeFailure> {
    let model = spec.params.get("model").unwrap_or(&Value::Null);
    match (model, Reference::of(model)) {
        (_, Some(Reference::File(path))) => spec.files.read(path),
        (Value::String(path), _) if let Some(local) = spec.files.local_path(path) => std::fs::read(&local)
            .map_err(|error| NodeFailure::new("RM608", format!("expected a readable model `{path}`: {error}"))),
        _ => Err(wrong("model", "a file of the project", model)),
    }
}

impl Config {
    /// Read the parameters.
    ///
    /// # Errors
    ///
    /// `RM211`: a parameter has the wrong type. `RM608`: it names what the model does not have, or the model has inputs
    /// that nothing is given for.
    pub(crate) fn read(params: &Map<String, Value>, model: &Model) -> Result<Self, NodeFailure> {
        let name = string(params, "input", "input")?;
        let (dtype, shape) = port(&model.inputs, "input", &name)?;
        let output = string(params, "output", "output")?;
        port(&model.outputs, "output", &output)?;
        let context = params.get("context").map_or(Some(0), Value::as_u64).filter(|it| *it <= MAX_CONTEXT);
        let context = context.and_then(|it| usize::try_from(it).ok()).ok_or_else(|| {
            let got = params.get("context").unwrap_or(&Value::Null);
            wrong("context", &format!("an integer from 0 to {MAX_CONTEXT}"), got)
        })?;
        let state = object(params, "state")?.map(|(input, output)| StatePort::read(input, output, model));
        let constants = object(params, "constants")?.map(|(name, value)| {
            let (dtype, shape) = port(&model.inputs, "input", name)?;
            Ok((name.clone(), constant(name, value, dtype, &shape)?))
        });
        let (state, constants) = (state.collect::<Result<_, _>>()?, constants.collect::<Result<_, _>>()?);
        let config = Self { input: Input { name, dtype, shape }, output, state, constants, context };
        config.check_complete(model)?;
        Ok(config)
    }

    /// Every input of the model is given exactly once.
    fn check_complete(&self, model: &Model) -> Result<(), NodeFailure> {
        for port in &model.inputs {
            let given = usize::from(self.input.name == port.name)
                + self.state.iter().filter(|it| it.input == port.name).count()
                + self.constants.iter().filter(|(name, _)| *name == port.name).count();
            if given != 1 {
                let message =
                    format!("expected the model's input `{}` to be given once, got it {given} times", port.name);
                let hint = "an input is the packet's (`input`), a state's (`state`) or a constant (`constants`)";
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
        let (dtype, shape) = port(&model.inputs, "input", input)?;
        let (given, _) = port(&model.outputs, "output", output)?;
        if dtype != given {
            let message = format!("expected `{}` in `{output}`, as in `{input}`, got `{}`", dtype.name(), given.name());
            return Err(NodeFailure::new("RM608", message));
        }
        let shape: Vec<u64> = shape.iter().map(|it| u64::try_from(*it).unwrap_or(1)).collect();
        let bytes = dtype.byte_len(&shape).ok_or_else(|| {
            NodeFailure::new(
                "RM608",
                format!("expected a state that fits memory in `{input}`, got the shape {shape:?}"),
            )
        })?;
        let start = Tensor { dtype, shape, data: vec![0; bytes].into() };
        Ok(Self { input: input.to_owned(), output: output.to_owned(), start })
    }
}

/// Element type and shape of an input or output of the model.
fn port(ports: &[Port], kind: &str, name: &str) -> Result<(Dtype, Vec<i64>), NodeFailure> {
    let Some(port) = ports.iter().find(|it| it.name == name) else {
        let names: Vec<&str> = ports.iter().map(|it| it.name.as_str()).collect();
        let message = format!("expected an {kind} of the model ({}), got `{name}`", names.join(", "));
        return Err(NodeFailure::new("RM608", message));
    };
    port.tensor.clone().ok_or_else(|| {
        NodeFailure::new("RM608", format!("expected a tensor of numbers in the model's {kind} `{name}`"))
    })
}

/// A number or nested list of numbers as a tensor of the model's type; a number fills as many axes of length 1 as it takes.
fn constant(name: &str, value: &Value, dtype: Dtype, shape: &[i64]) -> Result<Tensor, NodeFailure> {
    let (mut axes, mut data) = (shape_of(value), Vec::new());
    visit(value, &axes, &mut |it| write(it, dtype, &mut data)).ok_or_else(|| {
        let expected = format!("a number or an even nested list of `{}`", dtype.name());
        wrong(&format!("constants.{name}"), &expected, value)
    })?;
    if axes.is_empty() {
        axes = vec![1; shape.len()];
    }
    let fits =
        axes.len() == shape.len() && axes.iter().zip(shape).all(|(got, it)| *it < 0 || i64::try_from(*got) == Ok(*it));
    if !fits {
        let message = format!("expected the shape {shape:?} in the constant `{name}`, got {axes:?}");
        return Err(NodeFailure::new("RM608", message));
    }
    Ok(Tensor { dtype, shape: axes, data: data.into() })
}

/// The shape of a nested list, if it is even.
fn shape_of(mut value: &Value) -> Vec<u64> {
    let mut axes = Vec::new();
    while let Value::Array(items) = value {
        axes.push(items.len() as u64);
        match items.first() {
            Some(first) => value = first,
            None => break,
        }
    }
    axes
}

/// Visit the numbers of a nested list of this shape in order; `None` if it has another.
fn visit(value: &Value, axes: &[u64], write: &mut dyn FnMut(&Value) -> Option<()>) -> Option<()> {
    match (axes.split_first(), value) {
        (None, number) => write(number),
        (Some((length, inner)), Value::Array(items)) if items.len() as u64 == *length => {
            items.iter().try_for_each(|item| visit(item, inner, write))
        }
        _ => None,
    }
}

/// Append one number; `None` if it is none of that type.
#[allow(clippy::cast_possible_truncation, reason = "a constant is rounded to the model's type")]
fn write(value: &Value, dtype: Dtype, data: &mut Vec<u8>) -> Option<()> {
    match dtype {
        Dtype::Bool => data.push(u8::from(value.as_bool()?)),
        Dtype::I8 => data.extend(i8::try_from(value.as_i64()?).ok()?.to_le_bytes()),
        Dtype::I16 => data.extend(i16::try_from(value.as_i64()?).ok()?.to_le_bytes()),
        Dtype::I32 => data.extend(i32::try_from(value.as_i64()?).ok()?.to_le_bytes()),
        Dtype::I64 => data.extend(value.as_i64()?.to_le_bytes()),
        Dtype::U8 => data.extend(u8::try_from(value.as_u64()?).ok()?.to_le_bytes()),
        Dtype::U16 => data.extend(u16::try_from(value.as_u64()?).ok()?.to_le_bytes()),
        Dtype::U32 => data.extend(u32::try_from(value.as_u64()?).ok()?.to_le_bytes()),
        Dtype::U64 => data.extend(value.as_u64()?.to_le_bytes()),
        Dtype::F32 => data.extend((float(value)? as f32).to_le_bytes()),
        Dtype::F64 => data.extend(float(value)?.to_le_bytes()),
        Dtype::F16 => return None,
    }
    Some(())
}

/// A number, also one that JSON does not have.
fn float(value: &Value) -> Option<f64> {
    match Reference::of(value) {
        Some(Reference::Float(number)) => Some(number),
        _ => value.as_f64(),
    }
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
