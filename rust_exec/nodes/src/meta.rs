//! What is said of sound beside it: the JSON object `meta` of a packet.

use serde_json::{Map, Value, json};

/// The object with further facts, which replace those of the same name.
pub(crate) fn with(meta: Option<&str>, facts: &[(&str, Value)]) -> String {
    let facts: Map<String, Value> = facts.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone())).collect();
    let mut there: Map<String, Value> = meta.and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
    if let Some(Value::Array(pairs)) = there.get_mut("$map") {
        // Some key is no string, so all keys stand in pairs.
        pairs.retain(|pair| !pair.get(0).and_then(Value::as_str).is_some_and(|it| facts.contains_key(it)));
        pairs.extend(facts.into_iter().map(|(name, fact)| json!([name, fact])));
        return Value::from(there).to_string();
    }
    match meta.and_then(|it| it.strip_suffix('}')) {
        // To parse a number and write it again may change it, so what can stays the text that it is.
        Some(head) if !there.is_empty() && !facts.keys().any(|it| there.contains_key(it)) => {
            format!("{head},{}", &Value::from(facts).to_string()[1..])
        }
        _ => {
            there.extend(facts);
            Value::from(there).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::with;

    #[test]
    fn facts_stand_behind_what_is_there() {
        let facts = [("is_speech", json!(true)), ("n", json!(2))];
        assert_eq!(with(None, &facts), r#"{"is_speech":true,"n":2}"#);
        assert_eq!(with(Some("{}"), &facts), r#"{"is_speech":true,"n":2}"#);
        assert_eq!(
            with(Some(r#"{"at":0.10000000000000001}"#), &facts),
            r#"{"at":0.10000000000000001,"is_speech":true,"n":2}"#
        );
    }

    #[test]
    fn facts_replace_those_of_the_same_name() {
        assert_eq!(with(Some(r#"{"n":1,"of":"x"}"#), &[("n", json!(2))]), r#"{"n":2,"of":"x"}"#);
        assert_eq!(with(Some(r#"{"$map":[[1,2],["n",1]]}"#), &[("n", json!(2))]), r#"{"$map":[[1,2],["n",2]]}"#);
    }
}
