//! Values as Python shows them.

use remotemedia_packet::Value;

/// Characters of a value that a message shows.
const SHOWN: usize = 80;

/// A value as `repr` gives it, cut to what fits a message.
pub(crate) fn shortened(value: &Value) -> String {
    let mut text = String::new();
    push(value, &mut text);
    text.chars().take(SHOWN).collect()
}

/// A float as Python writes it: the fewest digits that read back equal, and an exponent only where it is far from 0.
pub(crate) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}inf");
    }
    let scientific = format!("{:e}", number.abs());
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        // Rust writes these without an exponent, and with as many digits.
        return format!("{number:?}");
    }
    let side = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{digits}e{side}{:02}", exponent.abs())
}

/// Append a value; no more of it is written than a message shows.
fn push(value: &Value, text: &mut String) {
    if text.len() > 4 * SHOWN {
        return;
    }
    match value {
        Value::None => text.push_str("None"),
        Value::Bool(it) => text.push_str(if *it { "True" } else { "False" }),
        Value::Int(it) => text.push_str(&it.to_string()),
        Value::Long(digits) => text.push_str(digits),
        Value::Float(it) => text.push_str(&float(*it)),
        Value::Text(it) => string(it, text),
        Value::List(items) => sequence(("[", "]"), items.iter().map(|it| (None, it)), text),
        Value::Tuple(items) => {
            let end = if items.len() == 1 { ",)" } else { ")" };
            sequence(("(", end), items.iter().map(|it| (None, it)), text);
        }
        Value::Dict(entries) => sequence(("{", "}"), entries.iter().map(|(key, it)| (Some(key), it)), text),
        Value::Array(it) => text.push_str(&format!("array of {}, shape {:?}", it.dtype.name(), it.shape)),
        Value::Bytes(it) => {
            text.push('b');
            string(&it.iter().take(SHOWN).map(|byte| char::from(*byte)).collect::<String>(), text);
        }
    }
}

fn sequence<'a>(
    (start, end): (&str, &str),
    items: impl Iterator<Item = (Option<&'a Value>, &'a Value)>,
    text: &mut String,
) {
    text.push_str(start);
    for (index, (key, item)) in items.take(SHOWN).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        if let Some(key) = key {
            push(key, text);
            text.push_str(": ");
        }
        push(item, text);
    }
    text.push_str(end);
}

fn string(content: &str, text: &mut String) {
    let quote = if content.contains('\'') && !content.contains('"') { '"' } else { '\'' };
    text.push(quote);
    for character in content.chars().take(SHOWN) {
        match character {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\\' => text.push_str("\\\\"),
            it if it == quote => text.extend(['\\', it]),
            it if it.is_control() => text.push_str(&format!("\\x{:02x}", u32::from(it))),
            it => text.push(it),
        }
    }
    text.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_python_shows_them() {
        let dict = Value::Dict(vec![(Value::Text("a'b".into()), Value::Tuple(vec![Value::Float(1.0)]))]);
        let list = Value::List(vec![dict, Value::None, Value::Bool(true), Value::Text("\n\\".into())]);
        assert_eq!(shortened(&list), r#"[{"a'b": (1.0,)}, None, True, '\n\\']"#);
        assert_eq!(shortened(&Value::Text("x".repeat(200))).len(), 80);
    }

    #[test]
    fn floats_have_an_exponent_where_python_writes_one() {
        let shown = [1e15, 1e16, 1.5e-5, 1e-4, -0.0, 123_456.75, 1e300, 9_999_999_999_999_998.0, f64::NEG_INFINITY];
        let expected = [
            "1000000000000000.0",
            "1e+16",
            "1.5e-05",
            "0.0001",
            "-0.0",
            "123456.75",
            "1e+300",
            "9999999999999998.0",
            "-inf",
        ];
        assert_eq!(shown.map(float), expected);
    }
}
