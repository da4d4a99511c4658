//! `remotemedia-executor`: runs a package whose digest it is told, and trusts nothing it was not given.
//!
//! Packets go to stdout or a file, events as JSON lines to a descriptor of their own, talk to stderr.
//! The exit status is that of the failure's code in `schemas/errors.v1.json`.
//!
//! # Layout
//!
//! - `args`: the command line
//! - `arrays`: arrays of the package, for nodes that take lists
//! - `plan`: what a caller decided about nodes, input and output
//! - `launch`: package and plan become a running pipeline
//! - `files`: a verified package as the engine's source of files
//! - `input`, `output`: packets from and to files and pipes
//! - `events`: what a caller is told while it runs
//! - `failure`: one shape for whatever goes wrong, and its exit status
//! - `interrupt`: Ctrl-C and SIGTERM become a cancellation
//! - `secrets`: values that are told to nodes, and hidden from everyone else
//! - `prepare`: `precompile` and `doctor`

mod args;
mod arrays;
mod events;
mod failure;
mod files;
mod input;
mod interrupt;
mod launch;
mod output;
mod plan;
mod prepare;
mod secrets;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::events::Events;
use crate::failure::Failure;

fn main() -> ExitCode {
    let args = Args::parse();
    let events = Events::to(args.events_fd());
    let done = match args.command {
        Command::Run(run) => launch::run(&run, &events),
        Command::Precompile(it) => prepare::precompile(&it),
        Command::Doctor(it) => prepare::doctor(&it),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure, &events);
            ExitCode::from(failure.exit_status())
        }
    }
}

/// To the caller where there is one, otherwise to the person at the terminal.
#[allow(clippy::print_stderr, reason = "without an events descriptor stderr is where people look")]
fn report(failure: &Failure, events: &Events) {
    if !events.failure(failure) {
        eprint!("{}", events.hidden(failure.to_string()));
    }
}
