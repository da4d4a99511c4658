//! `MultiplyNode` and `AddNode`: every number of a value with a constant.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{Change, ElementType, Number, Operation, each};
use remotemedia_packet::{Packet, Tensor, Value};
use serde_json::Value as Param;

use crate::numbers::{elements, number, of_param, value};
use crate::params::{Params, refused};
use crate::values::{Room, unusable, with_value};

/// The node and the parameter that is its constant.
type Names = (&'static str, &'static str);

struct Arithmetic {
    names: Names,
    change: Change,
    constant: Number,
    room: Room,
}

pub(crate) fn make_multiply(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    make(spec, ("MultiplyNode", "factor"), Change::Multiply)
}

pub(crate) fn make_add(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    make(spec, ("AddNode", "addend"), Change::Add)
}

fn make(spec: &NodeSpec, names: Names, change: Change) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    let (_, given) = params.value(names.1)?;
    let constant = of_param(given).ok_or_else(|| params.refuse(names.1, "a number", given))?;
    Ok(Box::new(Arithmetic { names, change, constant, room: Room::of(spec) }))
}

impl NodeInstance for Arithmetic {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let changed = self.changed(self.room.value(&packet)?)?;
        with_value(&packet, changed)?.into_iter().for_each(|it| out.push(it));
        Ok(More::No)
    }

    fn set_param(&mut self, name: &str, value: &Param) -> Result<(), NodeFailure> {
        if name != self.names.1 {
            return Err(NodeFailure::new("RM619", format!("parameter `{name}` cannot change while the node runs")));
        }
        let message = || format!("expected a number for `{name}`, got {value}");
        self.constant = of_param(value).ok_or_else(|| NodeFailure::new("RM211", message()))?;
        Ok(())
    }
}

impl Arithmetic {
    fn changed(&self, of: Value) -> Result<Value, NodeFailure> {
        let operation = match self.change {
            Change::Add => Operation::Add,
            Change::Multiply => Operation::Multiply,
        };
        match of {
            Value::List(items) => {
                items.into_iter().map(|it| self.changed(it)).collect::<Result<_, _>>().map(Value::List)
            }
            Value::Array(array) => self.changed_array(&array),
            other => match number(&other) {
                Some(it) => operation.of(&it, &self.constant).map(value).map_err(refused),
                None => Err(unusable("a number, a list of numbers or an array", &other)),
            },
        }
    }

    fn changed_array(&self, array: &Tensor) -> Result<Value, NodeFailure> {
        let unknown =
            || NodeFailure::new("RM606", format!("expected an array of numbers, got `{}`", array.dtype.name()));
        let of = ElementType::named(array.dtype.name()).ok_or_else(unknown)?;
        let (made, data) = each(&array.data, of, self.change, &self.constant).map_err(refused)?;
        let dtype = made.name().parse().map_err(|_| unknown())?;
        let made = Tensor { dtype, shape: array.shape.clone(), data: data.into() };
        // Of an array without axes numpy makes a number.
        let single = if made.shape.is_empty() { elements(&made).next() } else { None };
        Ok(single.unwrap_or(Value::Array(made)))
    }
}
