//! The modules of a node: what does its work in the place of its class, where a package has it (ADR 0024).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{Node, RuntimeKind};
use crate::reference::Reference;
use crate::table::COMMON_PARAMS;

/// The parameter that names a node's WebAssembly component.
pub const COMPONENT: &str = "component";
/// The parameter that names a node's native programs, by platform.
pub const PROGRAMS: &str = "programs";

impl Node {
    /// The runtime of a node of which nothing was decided: what its author asked for, else the first that needs no grant.
    #[must_use]
    pub fn default_runtime(&self) -> RuntimeKind {
        let of_class = match component(&self.params) {
            Some(file) if self.entry.is_some() && file.ends_with(".wasm") => RuntimeKind::Wasm,
            _ => RuntimeKind::PythonWasm,
        };
        let built_in = self.built_in().and_then(|it| it.kinds_with(&self.params).next());
        self.runtime.or(built_in).unwrap_or(of_class)
    }
}

/// The component among these parameters: a file of the project.
#[must_use]
pub fn component(params: &Map<String, Value>) -> Option<&str> {
    file(params.get(COMPONENT)?)
}

/// The programs among these parameters: files of the project by platform. Empty where there are none.
#[must_use]
pub fn programs(params: &Map<String, Value>) -> BTreeMap<&str, &str> {
    params.get(PROGRAMS).map(programs_in).unwrap_or_default()
}

/// The same of one value. An argument of that name that is something else is the author's own, and has none.
pub(crate) fn programs_in(value: &Value) -> BTreeMap<&str, &str> {
    let object = value.as_object().into_iter().flatten();
    let found: Option<_> =
        object.map(|(platform, it)| is_platform(platform).then_some((platform.as_str(), file(it)?))).collect();
    found.unwrap_or_default()
}

/// The parameters that a component or a program is told: without the node's own.
#[must_use]
pub fn told(params: &Map<String, Value>) -> Map<String, Value> {
    let has_programs = !programs(params).is_empty();
    let is_own = |name: &str| name == COMPONENT || (name == PROGRAMS && has_programs) || COMMON_PARAMS.contains(&name);
    params.iter().filter(|(name, _)| !is_own(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The platform that this program was compiled for, as OCI names it: `linux/amd64`.
#[must_use]
pub fn platform() -> String {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let os = if os == "macos" { "darwin" } else { os };
    let arch = match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}/{arch}")
}

/// `OS/ARCHITECTURE`, or `OS/ARCHITECTURE/VARIANT`. Whether there is such a platform is judged where a program is packed.
fn is_platform(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'.'))
    };
    (2..=3).contains(&text.split('/').count()) && text.split('/').all(is_part)
}

fn file(value: &Value) -> Option<&str> {
    match Reference::of(value) {
        Some(Reference::File(path)) => Some(path),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(params: Value) -> Node {
        let params = params.as_object().expect("an object").clone();
        Node { id: "n".into(), node_type: "Gain".into(), entry: Some("m:Gain".into()), params, ..Node::default() }
    }

    #[test]
    fn programs_are_files_by_platform_and_nothing_else() {
        let file = json!({"$file": "bin/gain"});
        let both = node(json!({"programs": {"linux/amd64": file, "linux/arm64/v8": file}}));
        assert_eq!(programs(&both.params).into_keys().collect::<Vec<_>>(), ["linux/amd64", "linux/arm64/v8"]);
        for own in [json!(["news"]), json!({}), json!({"linux/amd64": "gain"}), json!({"evening": file}), json!("a/b")]
        {
            assert!(programs(&node(json!({"programs": own})).params).is_empty(), "{own}");
        }
    }

    #[test]
    fn a_class_with_a_component_runs_as_that_by_default() {
        let of = |params| node(params).default_runtime();
        assert_eq!(of(json!({"component": {"$file": "gain.wasm"}})), RuntimeKind::Wasm);
        assert_eq!(of(json!({"component": {"$file": "gain.json"}})), RuntimeKind::PythonWasm);
        assert_eq!(of(json!({"programs": {"linux/amd64": {"$file": "gain"}}})), RuntimeKind::PythonWasm);
        let asked = Node { runtime: Some(RuntimeKind::Program), ..node(json!({})) };
        assert_eq!(asked.default_runtime(), RuntimeKind::Program);
    }

    #[test]
    fn a_module_is_told_what_is_not_the_nodes_own() {
        let own = json!({"name": "a", "component": {"$file": "a.wasm"}, "programs": {"linux/amd64": {"$file": "a"}}});
        let mut params = own.as_object().expect("an object").clone();
        params.insert("factor".into(), json!(2));
        assert_eq!(told(&params), *json!({"factor": 2}).as_object().expect("an object"));
        let programs = json!({"programs": ["news"]}).as_object().expect("an object").clone();
        assert_eq!(told(&programs), programs);
    }
}
