//! The interpreter with the sandbox's own modules.

use rustpython::vm::builtins::PyBaseExceptionRef;
use rustpython::vm::function::{ArgBytesLike, FuncArgs};
use rustpython::vm::scope::Scope;
use rustpython::vm::{AsObject as _, Interpreter, PyObjectRef, PyResult, Settings, VirtualMachine};
use rustpython::{InterpreterBuilder, InterpreterBuilderExt as _};

use crate::host;

/// Path and text of each Python file of the sandbox.
const GUEST: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/guest.rs"));

/// Why a call has no answer.
pub(crate) enum Wrong {
    /// The node's code raised.
    Raised { kind: String, message: String, trace: String, code: String, hint: String },
    /// The runner itself failed.
    Runner(String),
}

/// An interpreter that holds the sandbox's runner.
pub(crate) struct Vm {
    interpreter: Interpreter,
    runner: PyObjectRef,
}

impl Vm {
    /// Start the interpreter and import what every node needs.
    pub(crate) fn new() -> Result<Self, String> {
        let interpreter = InterpreterBuilder::new().settings(settings()).init_stdlib().build();
        let runner = interpreter.enter(|vm| {
            let scope = vm.new_scope_with_builtins();
            bootstrap(vm, &scope).map_err(|error| told(vm, &error))
        })?;
        Ok(Self { interpreter, runner })
    }

    /// Call an export of the runner.
    pub(crate) fn call<T>(
        &self,
        export: &'static str,
        args: impl FnOnce(&VirtualMachine) -> FuncArgs,
        answer: impl FnOnce(&VirtualMachine, PyObjectRef) -> PyResult<T>,
    ) -> Result<T, Wrong> {
        self.interpreter.enter(|vm| {
            let called = vm.call_method(&self.runner, export, args(vm)).and_then(|it| answer(vm, it));
            called.map_err(|error| wrong(vm, &error))
        })
    }
}

/// Nothing of the system's: no site, no environment, no files.
fn settings() -> Settings {
    let mut it = Settings::default();
    it.install_signal_handlers = false;
    it.import_site = false;
    it.isolated = true;
    it.ignore_environment = true;
    it.write_bytecode = false;
    it.allow_external_library = false;
    it.user_site_directory = false;
    it.safe_path = true;
    it.path_list = Vec::new();
    it
}

fn bootstrap(vm: &VirtualMachine, scope: &Scope) -> PyResult {
    let files = GUEST
        .iter()
        .map(|(path, text)| vm.ctx.new_tuple(vec![vm.ctx.new_str(*path).into(), vm.ctx.new_str(*text).into()]).into());
    let globals = &scope.globals;
    globals.set_item("_files", vm.ctx.new_list(files.collect()).into(), vm)?;
    let write = vm.new_function("_write", |bytes: ArgBytesLike| bytes.with_ref(host::write));
    globals.set_item("_write", write.into(), vm)?;
    let log = vm.new_function("_log", |level: i64, message: String, file: String, line: u32| {
        host::log(level, &message, &file, line);
    });
    globals.set_item("_log", log.into(), vm)?;
    globals.set_item("_now", vm.new_function("_now", host::now).into(), vm)?;
    vm.run_string(scope.clone(), include_str!("bootstrap.py"), "<bootstrap>".to_owned())?;
    globals.get_item("_runner", vm)
}

/// What the runner raises carries a `Failure`; whatever else is raised is its own fault.
fn wrong(vm: &VirtualMachine, error: &PyBaseExceptionRef) -> Wrong {
    let raised = || -> PyResult<Wrong> {
        let value = error.as_object().get_attr("value", vm)?;
        let text = |name: &'static str| value.get_attr(name, vm)?.try_to_value::<String>(vm);
        Ok(Wrong::Raised {
            kind: text("kind")?,
            message: text("message")?,
            trace: text("trace")?,
            code: text("code")?,
            hint: text("hint")?,
        })
    };
    raised().unwrap_or_else(|_| Wrong::Runner(told(vm, error)))
}

/// An exception with its traceback, as Python shows it; the end of it, where it is long.
fn told(vm: &VirtualMachine, error: &PyBaseExceptionRef) -> String {
    const MOST: usize = 4_000;
    let mut text = String::new();
    if vm.write_exception(&mut text, error).is_err() {
        "an exception that cannot be shown".clone_into(&mut text);
    }
    let start = text.ceil_char_boundary(text.len().saturating_sub(MOST));
    text.split_off(start)
}
