//! What is said of sound beside it: the JSON object `meta` of a packet.

use serde_json::{Map, Value, json};

/// The object with further facts, which replace those of the same name.
///
/// `facts` are the members of a JSON object, without its braces, and `names` their names. A node says them of every packet,
/// so an object is parsed only where it may have one of them already.
pub(crate) fn with(meta: Option<&str>, names: &[&str], facts: &str) -> String {
    match meta.and_then(|it| it.strip_prefix('{')?.strip_suffix('}')) {
        None | Some("") => format!("{{{facts}}}"),
        Some(there) if !may_hold(there, names) => format!("{{{there},{facts}}}"),
        Some(_) => merged(meta.unwrap_or_default(), facts),
    }
}

/// Whether the text may have a member of one of these names, or is no plain object.
fn may_hold(there: &str, names: &[&str]) -> bool {
    let has = |name: &str| there.match_indices(name).any(|(at, _)| there[..at].ends_with('"'));
    there.contains('\\') || has("$map") || names.iter().any(|it| has(it))
}

fn merged(meta: &str, facts: &str) -> String {
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (mut there, facts) = (read(meta), read(&format!("{{{facts}}}")));
    if let Some(Value::Array(pairs)) = there.get_mut("$map") {
        // Some key is no string, so all keys stand in pairs.
        pairs.retain(|pair| !pair.get(0).and_then(Value::as_str).is_some_and(|it| facts.contains_key(it)));
        pairs.extend(facts.into_iter().map(|(name, fact)| json!([name, fact])));
    } else {
        there.extend(facts);
    }
    Value::from(there).to_string()
}

#[cfg(test)]
mod tests {
    use super::with;

    fn said(meta: Option<&str>) -> String {
        with(meta, &["is_speech", "n"], r#""is_speech":true,"n":2"#)
    }

    #[test]
    fn facts_stand_behind_what_is_there() {
        assert_eq!(said(None), r#"{"is_speech":true,"n":2}"#);
        assert_eq!(said(Some("{}")), r#"{"is_speech":true,"n":2}"#);
        let far = r#"{"at":0.10000000000000001,"in":[{"m":1}]}"#;
        assert_eq!(said(Some(far)), r#"{"at":0.10000000000000001,"in":[{"m":1}],"is_speech":true,"n":2}"#);
        assert_eq!(said(Some(r#"{"a":["n"]}"#)), r#"{"a":["n"],"is_speech":true,"n":2}"#);
    }

    #[test]
    fn facts_replace_those_of_the_same_name() {
        assert_eq!(said(Some(r#"{"n":1,"of":"x"}"#)), r#"{"n":2,"of":"x","is_speech":true}"#);
        assert_eq!(said(Some(r#"{"\u006e":1}"#)), r#"{"n":2,"is_speech":true}"#);
        let pairs = r#"{"$map":[[1,2],["n",1]]}"#;
        assert_eq!(said(Some(pairs)), r#"{"$map":[[1,2],["is_speech",true],["n",2]]}"#);
    }
}
