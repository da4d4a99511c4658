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
//! - `packages`: a package and those that nodes of it are, as one graph
//! - `run`: package and plan become a running pipeline; `launch`: what its nodes are made from
//! - `grants`: that a node was granted what it wants
//! - `files`: a verified package as the engine's source of files
//! - `input`, `output`: packets from and to files and pipes
//! - `checkpoint`: a run that may be killed and goes on
//! - `descriptors`: what this process inherited, kept from those it starts
//! - `events`: what a caller is told while it runs
//! - `ticker`: what a run counted so far, told while it goes on
//! - `failure`: one shape for whatever goes wrong, and its exit status
//! - `steering`: what is asked of a run while it goes on, and Ctrl-C
//! - `secrets`: values that are told to nodes, and hidden from everyone else
//! - `probe`: what a picture of the run needs of its packets
//! - `confined`: a program, or this executor, in a confinement
//! - `child`: one node in this process, for the executor that started it
//! - `prepare`: `precompile` and `doctor`

mod args;
mod arrays;
mod checkpoint;
mod child;
mod confined;
mod descriptors;
mod events;
mod failure;
mod files;
mod grants;
mod input;
mod launch;
mod output;
mod packages;
mod plan;
mod prepare;
mod probe;
mod run;
mod secrets;
mod steering;
mod ticker;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::events::Events;
use crate::failure::Failure;

fn main() -> ExitCode {
    let args = Args::parse();
    let events = Events::to(args.events_fd());
    let done = descriptors::keep_to_itself().and_then(|()| match args.command {
        Command::Run(run) => run::run(&run, &events),
        Command::Precompile(it) => prepare::precompile(&it),
        Command::Doctor(it) => prepare::doctor(&it),
        Command::Compile => prepare::compile_stranger(),
        Command::Child(it) => child::serve_one(&it),
        Command::Confined(it) => confined::confined(&it),
        Command::Program(it) => confined::program(&it),
    });
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
