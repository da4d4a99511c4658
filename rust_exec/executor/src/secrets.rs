//! Secrets: given on a descriptor, told to nodes, and hidden from everyone else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::RawFd;
use std::path::PathBuf;

use serde_json::Value;

use crate::failure::Failure;

/// Most bytes that all secrets of a run may have.
const MAX_SECRETS: u64 = 4 << 20;
/// Shorter values are not looked for: they would be found everywhere.
const SHORTEST: usize = 4;

/// The values by name; what is printed of them is nothing.
#[derive(Default)]
pub(crate) struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Read a JSON object of strings to the end of a descriptor that the caller opened and this process inherited.
    pub(crate) fn read(descriptor: Option<RawFd>) -> Result<Self, Failure> {
        let Some(descriptor) = descriptor else { return Ok(Self::default()) };
        // No more is told than that it failed: a parser's message may quote what it read.
        let unusable = || Failure::new("RM701", format!("expected secrets as JSON on descriptor {descriptor}"));
        let mut text = String::new();
        let file = File::open(PathBuf::from(format!("/dev/fd/{descriptor}"))).map_err(|_| unusable())?;
        let read = file.take(MAX_SECRETS + 1).read_to_string(&mut text).map_err(|_| unusable())?;
        if read as u64 > MAX_SECRETS {
            return Err(Failure::new("RM701", format!("expected at most {MAX_SECRETS} bytes of secrets, got more")));
        }
        serde_json::from_str(&text).map(Self).map_err(|_| unusable())
    }

    pub(crate) fn values(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Put `***` wherever a string of this value has a secret in it.
    pub(crate) fn hide(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.hide_in(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item)),
            Value::Object(object) => object.values_mut().for_each(|item| self.hide(item)),
            _ => {}
        }
    }

    /// Put `***` wherever a text has a secret in it.
    pub(crate) fn hide_in(&self, text: &mut String) {
        for secret in self.0.values().filter(|it| it.len() >= SHORTEST) {
            // As `repr` and JSON write it, it may look otherwise.
            let escaped = Value::from(secret.as_str()).to_string();
            for form in [secret.as_str(), escaped.trim_matches('"')] {
                if text.contains(form) {
                    *text = text.replace(form, "***");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Secrets;

    #[test]
    fn secrets_are_hidden_in_every_string() {
        let secrets = Secrets([("KEY", "s3cr3t\n"), ("PIN", "12")].map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let mut event = json!({"message": "got `s3cr3t\n`", "causes": [{"trace": "x = 's3cr3t\\n'"}], "line": 12});
        secrets.hide(&mut event);
        assert_eq!(event, json!({"message": "got `***`", "causes": [{"trace": "x = '***'"}], "line": 12}));
    }
}
