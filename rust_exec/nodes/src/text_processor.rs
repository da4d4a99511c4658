//! `TextProcessorNode`: several looks at one text.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::{TextOperation, TextResult};
use remotemedia_packet::{Packet, Value};

use crate::told::Told;
use crate::values::{Room, item, text, unusable, with_value};

struct TextProcessorNode {
    told: Told,
    room: Room,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    Ok(Box::new(TextProcessorNode { told: Told::of(spec)?, room: Room::of(spec) }))
}

impl NodeInstance for TextProcessorNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let asked = self.room.value(&packet)?;
        let (original, names) = read(&asked)?;
        let mut results: Vec<(Value, Value)> = Vec::new();
        for (name, operation) in &names {
            // Asked twice, it is given once.
            if results.iter().all(|(known, _)| known != *name) {
                results.push(((*name).clone(), value(operation.of(original))));
            }
        }
        let names = names.into_iter().map(|(name, _)| name.clone()).collect();
        let processed = self.told.behind([
            ("original_text", text(original)),
            ("operations", Value::List(names)),
            ("results", Value::Dict(results)),
        ]);
        with_value(&packet, processed)?.into_iter().for_each(|it| out.push(it));
        Ok(More::No)
    }
}

/// What comes of a text, as a value.
pub(crate) fn value(result: TextResult) -> Value {
    match result {
        TextResult::Text(it) => Value::Text(it),
        TextResult::Words(words) => Value::List(words.into_iter().map(Value::Text).collect()),
        TextResult::Count(it) => Value::Int(i64::try_from(it).unwrap_or(i64::MAX)),
    }
}

/// The operations asked for, each with its name.
type Asked<'a> = Vec<(&'a Value, TextOperation)>;

fn read(asked: &Value) -> Result<(&str, Asked<'_>), NodeFailure> {
    static DEFAULT: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| Value::List(vec![text("uppercase")]));
    let Some(Value::Text(original)) = item(asked, "text") else {
        return Err(unusable("a dict `{\"text\": TEXT, \"operations\": [NAME, …]}`", asked));
    };
    let names = item(asked, "operations").unwrap_or(&DEFAULT);
    let (Value::List(items) | Value::Tuple(items)) = names else {
        return Err(unusable("a list of operations", names));
    };
    let known = || TextOperation::names().collect::<Vec<_>>().join(", ");
    let mut found = Vec::with_capacity(items.len());
    for name in items {
        let operation = if let Value::Text(it) = name { TextOperation::named(it) } else { None };
        found.push((name, operation.ok_or_else(|| unusable(&format!("operations of {}", known()), name))?));
    }
    Ok((original, found))
}
