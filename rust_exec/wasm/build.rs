//! Tells the crate what it is compiled for: `engine::engine_config` names the target, and Rust has no constant for it.

use std::env;

fn main() -> Result<(), env::VarError> {
    // Cargo reads build instructions from standard output.
    #[allow(clippy::print_stdout, reason = "the way to speak to cargo")]
    {
        println!("cargo:rustc-env=REMOTEMEDIA_TARGET={}", env::var("TARGET")?);
        println!("cargo:rerun-if-changed=build.rs");
    }
    Ok(())
}
