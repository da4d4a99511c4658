//! A stranger's component of the world `node`: looked at, compiled elsewhere, and its imports checked before any of it runs.

use std::path::Path;

use remotemedia_engine::{NodeFailure, NodeSpec};
use wasmtime::component::InstancePre;
use wasmtime::{Engine, Store, component};

use crate::bindings::processor::GuestIndices;
use crate::cache::{Cache, file_name};
use crate::failure;
use crate::guest::Guest;
use crate::sandbox::{self, Sandbox, Stdout};

/// Largest component that is taken, in bytes.
const LARGEST: usize = 64 << 20;
const MAGIC: &[u8] = b"\0asm";
/// Version and layer of a component, after the magic number; a core module has layer 0.
const COMPONENT: [u8; 4] = [0x0d, 0, 1, 0];
const MODULE: [u8; 4] = [1, 0, 0, 0];

/// What a component may import: what every node may ask of its host, and of WASI what gives nothing away here. There are no
/// arguments, no environment, no directories and no input; what is printed is logged.
const ALLOWED: [&str; 6] =
    ["remotemedia:node/", "wasi:cli/", "wasi:clocks/", "wasi:random/", "wasi:io/", "wasi:filesystem/"];
/// What would reach further, and the grant it would need.
const GRANTED: [(&str, &str); 3] =
    [("wasi:sockets/", "net=HOST:PORT"), ("wasi:http/", "net=HOST:PORT"), ("wasi:nn/", "devices")];

/// A component, ready to be instantiated.
pub(crate) struct Component {
    pre: InstancePre<Sandbox>,
    exports: GuestIndices,
}

impl Component {
    /// Load a component, compiled now or before.
    ///
    /// # Errors
    ///
    /// `RM631`: it imports what no component is given. `RM632`: it is no component of the world `node`, or cannot be compiled.
    pub(crate) fn load(
        engine: &Engine,
        file: &str,
        wasm: &[u8],
        cache: &Path,
        compile: impl FnOnce() -> Result<(component::Component, Vec<u8>), NodeFailure>,
    ) -> Result<Self, NodeFailure> {
        check_kind(file, wasm)?;
        // Where there is no place to keep code safely it is compiled each time.
        let kept = Cache::open(&cache.join("aot")).ok();
        let name = file_name(engine, wasm);
        let found = kept.as_ref().and_then(|kept| kept.get(engine, &name));
        let component = match found {
            Some(component) => component,
            None => {
                let (component, code) = compile()?;
                if let Some(kept) = kept {
                    // A full disk is no reason not to run.
                    let _ = kept.put(&name, &code);
                }
                component
            }
        };
        Self::link(engine, file, &component)
    }

    fn link(engine: &Engine, file: &str, component: &component::Component) -> Result<Self, NodeFailure> {
        for (import, _) in component.component_type().imports(engine) {
            check_import(file, import)?;
        }
        let pre = sandbox::linker(engine).and_then(|linker| linker.instantiate_pre(component)).map_err(|error| {
            NodeFailure::new("RM631", format!("component `{file}` imports what this engine does not have: {error:#}"))
                .with_hint("build it against `schemas/node.wit` and WASI 0.2")
        })?;
        let exports = GuestIndices::new(&pre).map_err(|error| {
            NodeFailure::new(
                "RM632",
                format!("expected `{file}` to be a component of the world `node`, got: {error:#}"),
            )
            .with_hint("build it against `schemas/node.wit`")
        })?;
        Ok(Self { pre, exports })
    }

    /// An instance for a node.
    pub(crate) async fn instantiate(&self, spec: &NodeSpec) -> Result<(Store<Sandbox>, Guest), NodeFailure> {
        let mut store = Sandbox::store(self.pre.engine(), Stdout::Log);
        // Nothing is in use yet, so the limits can only be kept.
        Sandbox::adopt(&mut store, spec);
        let made = async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            self.exports.load(&mut store, &instance)
        };
        match made.await {
            Ok(guest) => Ok((store, Guest::Component(guest))),
            Err(error) => Err(failure::ended(&error, store.data_mut().refused_memory(), &spec.limits)),
        }
    }
}

fn check_kind(file: &str, wasm: &[u8]) -> Result<(), NodeFailure> {
    let unusable =
        |got: &str| NodeFailure::new("RM632", format!("expected `{file}` to be a WebAssembly component, got {got}"));
    if wasm.len() > LARGEST {
        return Err(unusable(&format!("{} bytes, which are more than {LARGEST}", wasm.len())));
    }
    let layer = wasm.strip_prefix(MAGIC).and_then(|it| it.first_chunk());
    match layer {
        Some(&COMPONENT) => Ok(()),
        Some(&MODULE) => Err(unusable("a core module").with_hint(
            "if it was built for the world `node`, make it one with `wasm-tools component new MODULE.wasm -o COMPONENT.wasm`",
        )),
        _ => Err(unusable("something else")),
    }
}

fn check_import(file: &str, import: &str) -> Result<(), NodeFailure> {
    if ALLOWED.iter().any(|it| import.starts_with(it)) {
        return Ok(());
    }
    let (needs, hint) = match GRANTED.iter().find(|(it, _)| import.starts_with(it)) {
        Some((_, grant)) => {
            (format!("which would need the grant `{grant}`"), "components cannot be granted anything yet")
        }
        None => {
            ("which no grant allows".to_owned(), "a component may import `schemas/node.wit` and WASI without sockets")
        }
    };
    Err(NodeFailure::new("RM631", format!("component `{file}` imports `{import:.200}`, {needs}")).with_hint(hint))
}
