use rustpython::{InterpreterBuilder, InterpreterBuilderExt};

fn main() {
    let interpreter = InterpreterBuilder::new().init_stdlib().build();
    interpreter.enter(|_vm| {});
}
