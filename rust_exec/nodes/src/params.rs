//! A node's parameters, with the defaults and bounds of `schemas/nodes.v1.json`.

use remotemedia_engine::{NodeFailure, NodeSpec};
use remotemedia_kernels::KernelError;
use remotemedia_manifest::table::{self, Param, ParamType};
use serde_json::Value;

/// The parameters of one node.
pub(crate) struct Params<'a>(&'a NodeSpec);

impl<'a> Params<'a> {
    pub(crate) fn of(spec: &'a NodeSpec) -> Self {
        Self(spec)
    }

    /// An integer within its bounds; `None` where the value is `null` and may be.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<usize>, NodeFailure> {
        let (param, value) = self.value(name)?;
        if value.is_null() && param.nullable {
            return Ok(None);
        }
        let (min, max) = (param.min.unwrap_or(0.0), param.max.unwrap_or(f64::from(u32::MAX)));
        let within = |it: &u64| u32::try_from(*it).is_ok_and(|it| (min..=max).contains(&f64::from(it)));
        match value.as_u64().filter(within).and_then(|it| usize::try_from(it).ok()) {
            Some(value) => Ok(Some(value)),
            None => Err(self.refuse(name, &format!("an integer from {min} to {max}"), value)),
        }
    }

    /// An integer that must be given or have a default.
    pub(crate) fn required_integer(&self, name: &str) -> Result<usize, NodeFailure> {
        self.integer(name)?.ok_or_else(|| self.refuse(name, "an integer", &Value::Null))
    }

    /// The same in 32 bits.
    pub(crate) fn required_u32(&self, name: &str) -> Result<u32, NodeFailure> {
        // No integer beyond them is within the bounds.
        Ok(u32::try_from(self.required_integer(name)?).unwrap_or(u32::MAX))
    }

    /// A finite number within its bounds.
    pub(crate) fn number(&self, name: &str) -> Result<f64, NodeFailure> {
        let (param, value) = self.value(name)?;
        let (min, max) = (param.min.unwrap_or(f64::MIN), param.max.unwrap_or(f64::MAX));
        let number = value.as_f64().filter(|it| (min..=max).contains(it));
        number.ok_or_else(|| self.refuse(name, &format!("a number from {min} to {max}"), value))
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, name: &str) -> Result<bool, NodeFailure> {
        let (_, value) = self.value(name)?;
        value.as_bool().ok_or_else(|| self.refuse(name, "`true` or `false`", value))
    }

    /// A string; `None` where the value is `null` and may be.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, NodeFailure> {
        let (param, value) = self.value(name)?;
        if value.is_null() && param.nullable {
            return Ok(None);
        }
        self.string(name).map(Some)
    }

    /// A string, one of the choices where there are any.
    pub(crate) fn string(&self, name: &str) -> Result<&'a str, NodeFailure> {
        let (param, value) = self.value(name)?;
        let choices = param.choices.as_deref().unwrap_or_default();
        let expected =
            if choices.is_empty() { "a string".to_owned() } else { format!("one of {}", choices.join(", ")) };
        let allowed = |it: &&str| choices.is_empty() || choices.iter().any(|choice| choice == it);
        value.as_str().filter(allowed).ok_or_else(|| self.refuse(name, &expected, value))
    }

    /// The value as it stands; the default where none was given.
    pub(crate) fn value(&self, name: &str) -> Result<(&'static Param, &'a Value), NodeFailure> {
        let param = table::node_type(&self.0.node_type).and_then(|it| it.param(name));
        let param = param.ok_or_else(|| {
            NodeFailure::new("RM211", format!("expected a parameter of `{}`, got `{name}`", self.0.node_type))
        })?;
        let value = self.0.params.get(name).or(param.default.as_ref());
        value.map(|value| (param, value)).ok_or_else(|| self.refuse(name, "a value", &Value::Null))
    }

    pub(crate) fn refuse(&self, name: &str, expected: &str, got: &Value) -> NodeFailure {
        let mut got = got.to_string();
        if got.len() > 100 {
            got = format!("{}…", got.chars().take(99).collect::<String>());
        }
        NodeFailure::new("RM211", format!("expected {expected} for `{name}`, got `{got}`"))
    }
}

/// What a kernel refuses, as a node's failure.
pub(crate) fn refused(error: KernelError) -> NodeFailure {
    NodeFailure::new(error.code, error.message)
}
/// Another value for the one parameter of a node that can change while it runs, within the table's bounds.
///
/// `names` are that parameter's and the one that is to be set.
pub(crate) fn live_number(node_type: &str, names: (&str, &str), value: &Value) -> Result<f64, NodeFailure> {
    let (live, name) = names;
    if name != live {
        return Err(NodeFailure::new("RM619", format!("parameter `{name}` cannot change while the node runs")));
    }
    let param = table::node_type(node_type).and_then(|it| it.param(name));
    let (min, max) = param.map_or((None, None), |it| (it.min, it.max));
    let is_whole = param.is_some_and(|it| it.kind == ParamType::Int);
    let (min, max) = (min.unwrap_or(f64::MIN), max.unwrap_or(f64::MAX));
    let number = value.as_f64().filter(|it| (min..=max).contains(it) && (!is_whole || it.fract() == 0.0));
    number.ok_or_else(|| {
        let wanted = if is_whole { "an integer" } else { "a number" };
        NodeFailure::new("RM211", format!("expected {wanted} from {min} to {max} for `{name}`, got {value}"))
    })
}
