//! The stable codes of `schemas/errors.v1.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    errors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    code: String,
    exit: u8,
}

static EXITS: LazyLock<BTreeMap<String, u8>> = LazyLock::new(|| {
    let table: Option<Table> = serde_json::from_str(include_str!("../../../schemas/errors.v1.json")).ok();
    table.map_or_else(BTreeMap::new, |it| it.errors.into_iter().map(|it| (it.code, it.exit)).collect())
});

/// The code as the table has it; `None` if there is no such code.
#[must_use]
pub fn known_code(code: &str) -> Option<&'static str> {
    EXITS.get_key_value(code).map(|(code, _)| code.as_str())
}

/// What a process ends with that fails with a code; 1 for one that there is not.
#[must_use]
pub fn exit_status(code: &str) -> u8 {
    EXITS.get(code).copied().unwrap_or(1)
}
