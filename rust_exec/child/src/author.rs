//! What a node's native program is written with.
//!
//! ```no_run
//! use remotemedia_child::author::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, Packet, PortId, run};
//!
//! struct Same;
//!
//! impl NodeInstance for Same {
//!     fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
//!         out.push_to(port, packet);
//!         Ok(More::No)
//!     }
//! }
//!
//! fn main() -> std::io::Result<()> {
//!     run(|_: &NodeSpec| Ok(Same))
//! }
//! ```

use std::io;

use remotemedia_engine::NodeRuntime;
pub use remotemedia_engine::{
    FileSource, LogLevel, LogRecord, LogSink, More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId,
};
use remotemedia_manifest::RuntimeKind;
pub use remotemedia_packet::{self as packet, Packet};

use crate::serve::serve;

/// Be a node: make it as the executor says, then do what it asks over stdin and stdout, until it goes or closes the node.
///
/// # Errors
///
/// The executor cannot be read from or written to.
pub fn run<N: NodeInstance + 'static>(
    make: impl Fn(&NodeSpec) -> Result<N, NodeFailure> + Send + Sync,
) -> io::Result<()> {
    serve(&Made(make), io::stdin(), io::stdout())
}

struct Made<F>(F);

impl<N, F> NodeRuntime for Made<F>
where
    N: NodeInstance + 'static,
    F: Fn(&NodeSpec) -> Result<N, NodeFailure> + Send + Sync,
{
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Program
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        Ok(Box::new((self.0)(spec)?))
    }
}
