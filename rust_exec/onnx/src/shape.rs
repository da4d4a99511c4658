//! Packets as the model's inputs.

use ort::value::DynValue;
use remotemedia_engine::NodeFailure;
use remotemedia_packet::{Audio, Body, Dtype, Json, Packet, Tensor};
use serde_json::{Map, Value};

use crate::config::Input;
use crate::constant::{Constant, Unfit};
use crate::model::TensorType;
use crate::value::{Element, from_samples, from_strings, lengths, to_value};

/// A value for the model's input, and whether an axis for the batch was put before what the packet had.
pub(crate) struct Shaped {
    pub(crate) value: DynValue,
    pub(crate) batched: bool,
}

/// The values that a packet gives to these inputs; `left` is put before sound.
///
/// # Errors
///
/// `RM606`: a body of another kind. `RM608`: it does not fit the model.
pub(crate) fn values_of(packet: &Packet, inputs: &[&Input], left: &[f32]) -> Result<Vec<Shaped>, NodeFailure> {
    match (&packet.body, inputs) {
        (Body::Audio(audio), [input]) => Ok(vec![input.of_audio(audio, left)?]),
        (Body::Tensor(tensor), [input]) => Ok(vec![input.of_tensor(tensor)?]),
        (Body::Text(text), [input]) if input.tensor.element == Element::Text => Ok(vec![input.of_text(text)?]),
        (Body::Json(json), _) => {
            let object: Value = serde_json::from_str(&json.text)
                .map_err(|error| NodeFailure::new("RM606", format!("expected JSON, got: {error}")))?;
            let value = |input: &&Input| match (&object, inputs) {
                (Value::Object(members), [_]) if !members.contains_key(&input.name) => input.of_json(&object, json),
                (Value::Object(members), _) => input.of_json(members.get(&input.name).unwrap_or(&Value::Null), json),
                (_, [_]) => input.of_json(&object, json),
                _ => input.of_json(&Value::Null, json),
            };
            inputs.iter().map(value).collect()
        }
        _ => {
            let expected = match inputs {
                [input] if input.tensor.element == Element::Text => "text or json".to_owned(),
                [_] => "audio, tensor or json".to_owned(),
                _ => {
                    let names: Vec<String> = inputs.iter().map(|it| format!("`{}`", it.name)).collect();
                    format!("json with the members {}", names.join(", "))
                }
            };
            Err(NodeFailure::new("RM606", format!("expected {expected}, got {}", packet.summary())))
        }
    }
}

impl Input {
    /// A tensor as it is.
    fn of_tensor(&self, tensor: &Tensor) -> Result<Shaped, NodeFailure> {
        self.check(tensor.dtype, &lengths(&tensor.shape))?;
        Ok(Shaped { value: to_value(tensor)?, batched: false })
    }

    /// Sound as float32 of as many axes as the model wants: `(N,)`, `(1, N)` or `(1, 1, N)` for one channel,
    /// `(C, N)` or `(1, C, N)` for several. `left` is put before it: as many samples for each channel.
    fn of_audio(&self, audio: &Audio, left: &[f32]) -> Result<Shaped, NodeFailure> {
        let (channels, frames) = (usize::from(audio.channels), audio.frames());
        let samples = audio.as_f32_planar();
        let context = left.len() / channels;
        let mut joined = Vec::with_capacity(left.len() + samples.len());
        for channel in 0..channels {
            joined.extend_from_slice(&left[channel * context..(channel + 1) * context]);
            joined.extend_from_slice(&samples[channel * frames..(channel + 1) * frames]);
        }
        let length = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
        let (shape, batched) = match (self.tensor.shape.len(), channels) {
            (1, 1) => (vec![length(context + frames)], false),
            (2, _) => (vec![length(channels), length(context + frames)], channels == 1),
            (3, _) => (vec![1, length(channels), length(context + frames)], true),
            (rank, _) => {
                let message = format!(
                    "expected an input of rank 1 to 3 in `{}` for sound of {channels} channels, got rank {rank}",
                    self.name
                );
                return Err(NodeFailure::new("RM608", message));
            }
        };
        self.check(Dtype::F32, &shape)?;
        Ok(Shaped { value: from_samples(joined, shape)?, batched })
    }

    /// One string in axes of length 1.
    fn of_text(&self, text: &str) -> Result<Shaped, NodeFailure> {
        let shape = vec![1; self.tensor.shape.len()];
        self.check_fit("string", &shape, true)?;
        Ok(Shaped { value: from_strings(&[text.to_owned()], shape)?, batched: false })
    }

    /// An array, or a nested list of what the model takes.
    fn of_json(&self, value: &Value, json: &Json) -> Result<Shaped, NodeFailure> {
        if let Some(tensor) = array(value, json) {
            return self.of_tensor(&tensor);
        }
        match Constant::of(value, &self.tensor) {
            Ok(constant) => Ok(Shaped { value: constant.value()?, batched: false }),
            Err(Unfit::Shape(got)) => Err(self.unfit(self.tensor.element.name(), &lengths(&got))),
            Err(Unfit::Element) => {
                let got: String = value.to_string().chars().take(100).collect();
                let (element, name) = (self.tensor.element.name(), &self.name);
                let message = format!(
                    "expected an array or an even nested list of `{element}` for the model's input `{name}`, got `{got}`"
                );
                Err(NodeFailure::new("RM608", message))
            }
        }
    }

    fn check(&self, dtype: Dtype, shape: &[i64]) -> Result<(), NodeFailure> {
        self.check_fit(dtype.name(), shape, self.tensor.element == Element::Number(dtype))
    }

    fn check_fit(&self, element: &str, shape: &[i64], is_element: bool) -> Result<(), NodeFailure> {
        let TensorType { shape: own, .. } = &self.tensor;
        let fits = own.len() == shape.len() && own.iter().zip(shape).all(|(it, got)| *it < 0 || it == got);
        if is_element && fits { Ok(()) } else { Err(self.unfit(element, shape)) }
    }

    fn unfit(&self, element: &str, shape: &[i64]) -> NodeFailure {
        let message = format!(
            "expected `{}` of shape {} in the model's input `{}`, got `{element}` of shape {shape:?}",
            self.tensor.element.name(),
            axes(&self.tensor.shape),
            self.name,
        );
        NodeFailure::new("RM608", message)
    }
}

/// The array that a `{"$buf": …}` of a packet stands for.
fn array(value: &Value, json: &Json) -> Option<Tensor> {
    let members: &Map<String, Value> = value.as_object()?;
    let offset = usize::try_from(members.get("$buf")?.as_u64()?).ok()?;
    let dtype: Dtype = members.get("dtype")?.as_str()?.parse().ok()?;
    let shape: Vec<u64> = members.get("shape")?.as_array()?.iter().map(Value::as_u64).collect::<Option<_>>()?;
    let end = offset.checked_add(dtype.byte_len(&shape)?).filter(|it| *it <= json.data.len())?;
    Some(Tensor { dtype, shape, data: json.data.slice(offset..end) })
}

/// A declared shape as people write it.
fn axes(shape: &[i64]) -> String {
    let axes: Vec<String> = shape.iter().map(|it| if *it < 0 { "?".to_owned() } else { it.to_string() }).collect();
    format!("[{}]", axes.join(", "))
}
