//! `CalculatorNode`: arithmetic that each value asks for.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{Number, Operation};
use remotemedia_packet::{Packet, Value};

use crate::numbers::{number, value};
use crate::repr::shortened;
use crate::told::Told;
use crate::values::{Room, item, text, unusable, with_value};

const FORM: &str = "a dict `{\"operation\": NAME, \"args\": [a, b, …]}` with at least two numbers";

struct CalculatorNode {
    told: Told,
    room: Room,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    Ok(Box::new(CalculatorNode { told: Told::of(spec)?, room: Room::of(spec) }))
}

impl NodeInstance for CalculatorNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let asked = self.room.value(&packet)?;
        let (operation, args, numbers) = read(&asked)?;
        let result = operation.over(&numbers).map_err(|error| {
            let (name, args) = (operation.name(), shortened(args));
            let message = format!("expected numbers with a result for `{name}`, got `{args}`: {}", error.message);
            NodeFailure::new("RM606", message)
        })?;
        let results = [("operation", text(operation.name())), ("args", args.clone()), ("result", value(result))];
        with_value(&packet, self.told.behind(results))?.into_iter().for_each(|it| out.push(it));
        Ok(More::No)
    }
}

fn read(asked: &Value) -> Result<(Operation, &Value, Vec<Number>), NodeFailure> {
    let refuse = || unusable(FORM, asked);
    let (Some(name @ Value::Text(operation)), Some(args)) = (item(asked, "operation"), item(asked, "args")) else {
        return Err(refuse());
    };
    let (Value::List(items) | Value::Tuple(items)) = args else { return Err(refuse()) };
    if items.len() < 2 {
        return Err(refuse());
    }
    let operation = Operation::named(operation).ok_or_else(|| {
        unusable(&format!("an operation of {}", Operation::ALL.map(Operation::name).join(", ")), name)
    })?;
    let numbers: Option<Vec<Number>> = items.iter().map(number).collect();
    Ok((operation, args, numbers.ok_or_else(refuse)?))
}
