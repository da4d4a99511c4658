//! Generates the protobuf types of `schemas/packet.proto`, without a system `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../../schemas/packet.proto");
    let descriptors = protox::compile(["packet.proto"], ["../../schemas"])?;
    prost_build::Config::new().bytes(["."]).compile_fds(descriptors)?;
    Ok(())
}
