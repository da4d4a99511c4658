//! What runs of a model have in common that may be made as one: the same inputs, outputs, states and constants.

use ort::value::DynValue;
use remotemedia_engine::{Cancel, EffectiveLimits, NodeFailure, NodeSpec};
use sha2::{Digest, Sha256};

use crate::config::{Batch, Config};
use crate::model::{Model, TensorType};
use crate::value::{self, Element};

/// Most runs that are made as one, where the node leaves it to us.
const MOST: usize = 32;

/// How one node runs its model; runs of nodes whose groups are equal may be made as one.
pub(crate) struct Group {
    /// Names of the inputs that each run gives, then of those that are states.
    pub(crate) inputs: Vec<String>,
    /// Names of the outputs that are given out, then of those that are the next states.
    pub(crate) outputs: Vec<String>,
    /// How many of the outputs are given out.
    pub(crate) given: usize,
    pub(crate) constants: Vec<(String, DynValue)>,
    /// What one run may take.
    pub(crate) limits: EffectiveLimits,
    /// Whether anybody still waits for one.
    pub(crate) cancel: Cancel,
    /// Most runs that are made as one.
    pub(crate) most: usize,
    /// Whether the outcome has to be that of single runs, to the bit.
    pub(crate) exact: bool,
    /// Where runs can be made as one: the axis along which, of every input and output.
    pub(crate) axes: Option<Axes>,
    /// Types of the inputs, for the names of their axes.
    pub(crate) types: Vec<TensorType>,
    digest: [u8; 32],
}

/// The axis of each input and of each output that counts the runs.
pub(crate) struct Axes {
    pub(crate) inputs: Vec<usize>,
    pub(crate) outputs: Vec<usize>,
}

impl Group {
    pub(crate) fn new(model: &Model, config: &Config, spec: &NodeSpec) -> Result<Self, NodeFailure> {
        let states = || config.state.iter();
        let inputs: Vec<String> =
            config.inputs.iter().map(|it| it.name.clone()).chain(states().map(|it| it.input.clone())).collect();
        let given = config.outputs.iter().cloned();
        let outputs: Vec<String> = given.chain(states().map(|it| it.output.clone())).collect();
        let constants: Vec<(String, DynValue)> = config
            .constants
            .iter()
            .map(|(name, it)| Ok((name.clone(), it.value()?)))
            .collect::<Result<_, NodeFailure>>()?;
        let type_of = |ports: &[crate::model::Port], name: &String| {
            ports.iter().find(|it| it.name == *name).and_then(|it| it.tensor.clone())
        };
        let types: Option<Vec<TensorType>> = inputs.iter().map(|it| type_of(&model.inputs, it)).collect();
        let axes = axes_of(model, config, &inputs, &outputs).filter(|_| config.batch != Batch::Off);
        let (most, exact) = match config.batch {
            Batch::Off => (1, false),
            Batch::Auto => (MOST, true),
            Batch::Most(most) => (most, false),
        };
        let digest = digest(&inputs, &outputs, &constants, most, exact)?;
        Ok(Self {
            given: config.outputs.len(),
            inputs,
            outputs,
            constants,
            limits: spec.limits,
            cancel: spec.cancel.clone(),
            most,
            exact,
            axes,
            types: types.unwrap_or_default(),
            digest,
        })
    }

    /// Whether runs of both may be made as one.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

/// The axes that count the runs: those named like the first axis of the first input, or first axes without a name.
///
/// A guess, which the first batch is held against single runs for.
fn axes_of(model: &Model, config: &Config, inputs: &[String], outputs: &[String]) -> Option<Axes> {
    let tensor = |ports: &'_ [crate::model::Port], name: &str| -> Option<TensorType> {
        let tensor = ports.iter().find(|it| it.name == name)?.tensor.clone()?;
        matches!(tensor.element, Element::Number(_)).then_some(tensor)
    };
    let first = tensor(&model.inputs, inputs.first()?)?;
    let symbol = first.symbol(0)?;
    let packets = config.inputs.len();
    let axis = |index: usize, it: &TensorType| match it.axis(symbol) {
        Some(axis) if !symbol.is_empty() => Some(axis),
        // A state's place in a batch is not to be guessed.
        _ => (index < packets && it.symbol(0)?.is_empty()).then_some(0),
    };
    let of_inputs = inputs
        .iter()
        .enumerate()
        .map(|(index, name)| axis(index, &tensor(&model.inputs, name)?))
        .collect::<Option<_>>()?;
    if config.constants.iter().any(|(name, _)| tensor(&model.inputs, name).is_none_or(|it| it.axis(symbol).is_some())) {
        return None;
    }
    let of_outputs = outputs.iter().enumerate().map(|(index, name)| {
        let it = tensor(&model.outputs, name)?;
        let named = it.axis(symbol).filter(|_| !symbol.is_empty());
        named.or_else(|| (index < config.outputs.len() && it.symbol(0).is_some()).then_some(0))
    });
    Some(Axes { inputs: of_inputs, outputs: of_outputs.collect::<Option<_>>()? })
}

fn digest(
    inputs: &[String],
    outputs: &[String],
    constants: &[(String, DynValue)],
    most: usize,
    exact: bool,
) -> Result<[u8; 32], NodeFailure> {
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    add(&(inputs.len() as u64).to_le_bytes());
    inputs.iter().chain(outputs).for_each(|it| add(it.as_bytes()));
    for (name, value) in constants {
        add(name.as_bytes());
        if matches!(value::element(name, value)?, Element::Text) {
            let (shape, strings) = value::to_strings(name, value)?;
            shape.iter().for_each(|it| add(&it.to_le_bytes()));
            strings.iter().for_each(|it| add(it.as_bytes()));
        } else {
            let (dtype, bytes) = value::bytes(value)?;
            add(dtype.name().as_bytes());
            value::shape(value).iter().for_each(|it| add(&it.to_le_bytes()));
            add(bytes);
        }
    }
    add(&[u8::from(exact)]);
    add(&(most as u64).to_le_bytes());
    Ok(digest.finalize().into())
}
